// Decides whether a replayed case equals its record, and says in a few short lines where it does not.
import { answerFacts, attemptFacts, isObject, type Facts } from './answer-facts.ts';
import { interchangeable, type ChoiceOf } from './equal-deployments.ts';
import { matches, sharesAgree } from './matches.ts';
import {
  recordedObservation,
  type AnswerSummary,
  type ClientAnswer,
  type GoldenCase,
  type GoldenGroup,
  type Json,
  type Observation,
  type Observed,
  type ParallelAnswers,
  type UpstreamAttempt,
} from './record.ts';

/** One fact that is not as recorded. */
export interface Difference {
  /** `request 2, attempt 1, path`. */
  readonly at: string;
  readonly expected: Json | undefined;
  readonly got: Json | undefined;
}

/** All differences between a recorded case and its replay; empty = equal. */
export function compareCase(golden: GoldenCase, setup: GoldenGroup, got: Observation): Difference[] {
  const expected = recordedObservation(golden);
  if (expected.started !== got.started) {
    return [{ at: 'start', expected: startText(expected), got: startText(got) }];
  }
  const choiceOf = interchangeable(golden.config_reduced ?? setup.config);
  const differences = compareRequests({ golden, expected, got, choiceOf });
  if (got.crash !== undefined)
    return [{ at: 'the gateway crashed', expected: undefined, got: got.crash }, ...differences];
  const lengths = { at: 'number of answers', expected: expected.responses.length, got: got.responses.length };
  return lengths.expected === lengths.got || !expected.started ? differences : [lengths, ...differences];
}

function startText({ started, note }: Observation): string {
  if (started) return 'started';
  return note === undefined ? 'refused to start' : `refused to start: ${note}`;
}

interface Compared {
  readonly golden: GoldenCase;
  readonly expected: Observation;
  readonly got: Observation;
  readonly choiceOf: ChoiceOf;
}

function compareRequests({ golden, expected, got, choiceOf }: Compared): Difference[] {
  const differences: Difference[] = [];
  let first = 0;
  golden.requests.forEach((request, number) => {
    const count = request.parallel === undefined ? (request.repeat ?? 1) : 1;
    const order = request.path.startsWith('/health') ? withSortedAttempts : (response: Observed) => response;
    const wanted = expected.responses.slice(first, first + count).map((response) => order(response));
    const seen = got.responses.slice(first, first + count).map((response) => order(response));
    first += count;
    const at = `request ${number + 1}`;
    if (count > 1 && answersVary(wanted, choiceOf)) differences.push(...compareCounts(at, wanted, seen));
    else differences.push(...compareEach({ at, count, wanted, seen, choiceOf }));
  });
  return differences;
}

/** A health check calls all deployments at once. */
function withSortedAttempts(response: Observed): Observed {
  if ('summary' in response || response.upstream === undefined) return response;
  const keyOf = (attempt: UpstreamAttempt): string => JSON.stringify(attemptFacts(attempt));
  return { ...response, upstream: response.upstream.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) };
}

interface Series {
  readonly at: string;
  readonly count: number;
  readonly wanted: readonly Observed[];
  readonly seen: readonly Observed[];
  readonly choiceOf: ChoiceOf;
}

function compareEach({ at, count, wanted, seen, choiceOf }: Series): Difference[] {
  return wanted.flatMap((expected, index) => {
    const place = count === 1 ? at : `${at} (${index + 1} of ${count})`;
    const got = seen[index];
    return got === undefined ? [] : compareObserved(place, { expected, got, choiceOf });
  });
}

interface Pair<Kind extends Observed> {
  readonly expected: Kind;
  readonly got: Kind;
  readonly choiceOf: ChoiceOf;
}

function compareObserved(at: string, { expected, got, choiceOf }: Pair<Observed>): Difference[] {
  if ('summary' in expected) return 'summary' in got ? compareSummary(at, expected, got) : [wrongKind(at)];
  if ('parallel' in expected) return 'parallel' in got ? compareParallel(at, expected, got) : [wrongKind(at)];
  if ('summary' in got || 'parallel' in got) return [wrongKind(at)];
  return compareAnswer(at, { expected, got, choiceOf });
}

function wrongKind(at: string): Difference {
  return { at, expected: 'an answer of the recorded kind', got: 'another kind' };
}

/** Exactly as recorded; or, where the choice was chance, the same with every choice named instead of its result. */
function compareAnswer(at: string, { expected, got, choiceOf }: Pair<ClientAnswer>): Difference[] {
  const strict = compareFacts(at, [expected, got], (attempt) => attemptFacts(attempt));
  if (strict.length === 0) return strict;
  const chance = [...(expected.upstream ?? []), ...(got.upstream ?? [])].some(
    (attempt) => choiceOf(attempt) !== undefined,
  );
  if (!chance) return strict;
  return compareFacts(at, [anyUpstream(expected), anyUpstream(got)], (attempt) => blurred(attempt, choiceOf));
}

const TELLING = /, (?:status|no answer|error\.\w+|content)$/;

type AttemptView = (attempt: UpstreamAttempt) => Facts;

function compareFacts(
  at: string,
  [expected, got]: readonly [ClientAnswer, ClientAnswer],
  view: AttemptView,
): Difference[] {
  const facts = expected.stream_end === 'aborted by the client' ? withoutContent : answerFacts;
  const answered = diffFacts(at, facts(expected), facts(got));
  // Where success and failure are mixed up, every header and field differs, and saying so says nothing.
  const differences = expected.status === got.status ? answered : answered.filter(({ at: fact }) => TELLING.test(fact));
  const wanted = expected.upstream ?? [];
  const seen = got.upstream ?? [];
  if (wanted.length !== seen.length) {
    differences.push({ at: `${at}, attempts`, expected: wanted.map(attemptText), got: seen.map(attemptText) });
    return differences;
  }
  return wanted.reduce((all, attempt, index) => {
    const other = seen[index];
    return other === undefined
      ? all
      : [...all, ...diffFacts(`${at}, attempt ${index + 1}`, view(attempt), view(other))];
  }, differences);
}

/** How far a stream came before its client left is a matter of time. */
function withoutContent(answer: ClientAnswer): Facts {
  const { content: _content, '[DONE]': _done, ...facts } = answerFacts(answer);
  return facts;
}

function attemptText({ to, path }: UpstreamAttempt): string {
  return `${to} ${path}`;
}

function blurred(attempt: UpstreamAttempt, choiceOf: ChoiceOf): Facts {
  const facts = attemptFacts(attempt);
  const choice = choiceOf(attempt);
  if (choice === undefined) return facts;
  const body = isObject(facts['body']) ? { ...facts['body'], model: `one of ${choice}` } : null;
  return { to: `one of ${choice}`, body };
}

function anyUpstream(answer: ClientAnswer): ClientAnswer {
  return JSON.parse(JSON.stringify(answer).replaceAll(/ from UP\d/g, ' from some upstream')) as ClientAnswer;
}

function diffFacts(at: string, expected: Facts, got: Facts): Difference[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  const differing = [...names].filter((name) => !matches(expected[name], got[name]));
  return differing.map((name) => ({ at: `${at}, ${name}`, expected: expected[name], got: got[name] }));
}

/** Requests of one kind whose statuses or upstreams the record already shows to vary by chance. */
function answersVary(responses: readonly Observed[], choiceOf: ChoiceOf): boolean {
  return responses.some(
    (response) => !('summary' in response) && response.upstream?.some((attempt) => choiceOf(attempt) !== undefined),
  );
}

function compareCounts(at: string, wanted: readonly Observed[], seen: readonly Observed[]): Difference[] {
  return [
    ...shares(`${at}, statuses`, countAnswers(wanted), countAnswers(seen)),
    ...shares(`${at}, upstreams`, countUpstreams(wanted), countUpstreams(seen)),
  ];
}

function countAnswers(responses: readonly Observed[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const response of responses) {
    if ('summary' in response || 'parallel' in response) continue;
    counts[response.status] = (counts[response.status] ?? 0) + 1;
  }
  return counts;
}

function countUpstreams(responses: readonly Observed[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const response of responses) {
    if ('summary' in response) continue;
    for (const { to } of response.upstream ?? []) counts[to] = (counts[to] ?? 0) + 1;
  }
  return counts;
}

function compareSummary(
  at: string,
  { summary: expected }: AnswerSummary,
  { summary: got }: AnswerSummary,
): Difference[] {
  const differences = [
    ...shares(`${at}, statuses`, expected.status, got.status),
    ...shares(`${at}, upstreams`, expected.upstream_by_port, got.upstream_by_port),
  ];
  const { first_failure: failure } = expected;
  const other = got.first_failure;
  if (failure !== undefined && other !== undefined) {
    differences.push(...diffFacts(`${at}, first failure`, answerFacts(failure), answerFacts(other)));
  } else if (failure === undefined && other !== undefined) {
    differences.push({ at: `${at}, first failure`, expected: undefined, got: other.body ?? other.problem ?? null });
  }
  return differences;
}

/** Answers that ran together have no order: the counts, and one answer of each status. */
function compareParallel(at: string, expected: ParallelAnswers, got: ParallelAnswers): Difference[] {
  const differences = [
    ...shares(`${at}, statuses`, countAnswers(expected.parallel), countAnswers(got.parallel)),
    ...shares(`${at}, upstreams`, countUpstreams([expected]), countUpstreams([got])),
  ];
  for (const wanted of uniqueByStatus(expected.parallel)) {
    const seen = got.parallel.find(({ status }) => status === wanted.status);
    if (seen === undefined) continue;
    const facts = (answer: ClientAnswer): Facts => answerFacts(anyUpstream(answer));
    differences.push(...diffFacts(`${at}, the first ${wanted.status}`, facts(wanted), facts(seen)));
  }
  return differences;
}

function uniqueByStatus(answers: readonly ClientAnswer[]): ClientAnswer[] {
  return [...new Map(answers.toReversed().map((answer) => [answer.status, answer])).values()];
}

function shares(
  at: string,
  expected: Readonly<Record<string, number>>,
  got: Readonly<Record<string, number>>,
): Difference[] {
  return sharesAgree(expected, got) ? [] : [{ at, expected, got }];
}

const SHOWN_CHARS = 400;

/** Differences as short text, one block each; the same difference in later requests of a series is only counted. */
export function showDifferences(differences: readonly Difference[]): string {
  const alike = Map.groupBy(differences, ({ at, expected, got }) =>
    JSON.stringify([at.replace(/ \(\d+ of \d+\)/, ''), expected ?? null, got ?? null]),
  );
  return [...alike.values()].map((group) => showOne(group)).join('\n');
}

function showOne([first, ...more]: readonly Difference[]): string {
  if (first === undefined) return '';
  const count = more.length === 0 ? '' : ` and ${more.length} more times`;
  return `${first.at}${count}\n    recorded ${shown(first.expected)}\n    got      ${shown(first.got)}`;
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}...`;
}
