import { describe, expect, it } from 'vitest';
import { compareCase } from './compare.ts';
import { matches, sharesAgree } from './matches.ts';
import { loadGroups, recordedObservation, type ClientAnswer, type GoldenCase, type Observation } from './record.ts';
import { readEvents } from './send-request.ts';

const groups = loadGroups();

function caseNamed(id: string): { golden: GoldenCase; recorded: Observation; compare: (got: Observation) => string[] } {
  for (const { cases, setup } of groups) {
    const golden = cases.find((candidate) => candidate.id.startsWith(id));
    if (golden === undefined) continue;
    const compare = (got: Observation): string[] => compareCase(golden, setup, got).map(({ at }) => at);
    return { golden, recorded: recordedObservation(golden), compare };
  }
  throw new Error(`no case ${id}`);
}

/** The recorded run with its first answer changed. */
function changed(recorded: Observation, change: (answer: ClientAnswer) => Partial<ClientAnswer>): Observation {
  const [first, ...rest] = recorded.responses;
  if (first === undefined || 'summary' in first || 'parallel' in first) throw new Error('not a single answer');
  return { ...recorded, responses: [{ ...first, ...change(first) }, ...rest] };
}

describe('comparing a case with its record', () => {
  it('finds every record equal to itself', () => {
    const unequal = groups.flatMap(({ cases, setup }) =>
      cases.filter((golden) => compareCase(golden, setup, recordedObservation(golden)).length > 0),
    );
    expect(unequal.map(({ id }) => id)).toEqual([]);
  });

  it.each([
    ['another status', { status: 201 }, 'request 1, status'],
    ['another model', { body: { model: 'other' } }, 'request 1, model'],
    ['a missing answer', { status: 0, problem: 'refused' }, 'request 1, status'],
    ['no attempt', { upstream: [] }, 'request 1, attempts'],
    ['an extra event stream', { events: [] }, 'request 1, [DONE]'],
  ] satisfies ReadonlyArray<readonly [string, Partial<ClientAnswer>, string]>)('sees %s', (_name, change, at) => {
    const { recorded, compare } = caseNamed('a16');
    expect(compare(changed(recorded, () => change))).toContain(at);
  });

  it.each([
    'x-litellm-model-id',
    'x-litellm-model-group',
    'x-litellm-attempted-retries',
    'x-litellm-attempted-fallbacks',
  ])('sees that the header %s is missing', (name) => {
    const { recorded, compare } = caseNamed('a16');
    const { [name]: _gone, ...headers } = (recorded.responses[0] as ClientAnswer).headers;
    expect(compare(changed(recorded, () => ({ headers })))).toEqual([`request 1, ${name}`]);
  });

  it('sees another path, query and body field of an attempt, and not the fields that do not count', () => {
    const { recorded, compare } = caseNamed('a40');
    const withAttempt = (change: object): string[] =>
      compare(
        changed(recorded, ({ upstream = [] }) => ({
          upstream: upstream.map((attempt) => ({ ...attempt, ...change })),
        })),
      );
    const body = (recorded.responses[0] as ClientAnswer).upstream?.[0]?.body as object;
    expect(withAttempt({ path: '/v1/x' })).toEqual(['request 1, attempt 1, path']);
    expect(withAttempt({ query: 'api-version=1' })).toEqual(['request 1, attempt 1, query']);
    expect(withAttempt({ body: { ...body, temperature: 1 } })).toEqual(['request 1, attempt 1, body']);
    expect(withAttempt({ body: { ...body, user: 'u', stream: false, n: null, metadata: {} } })).toEqual([]);
  });

  it('sees another error type, code and param, and not another message', () => {
    const { recorded, compare } = caseNamed('c01');
    const error = { message: 'm', type: 't', code: '1', param: 'p' };
    const ats = compare(changed(recorded, () => ({ body: { error } })));
    expect(ats).toEqual(['request 1, error.type', 'request 1, error.code', 'request 1, error.param']);
    const same = (recorded.responses[0] as ClientAnswer).body as { error: object };
    expect(compare(changed(recorded, () => ({ body: { error: { ...same.error, message: 'other words' } } })))).toEqual(
      [],
    );
  });

  it('sees text, finish_reason and [DONE] of a stream, however it is cut into chunks', () => {
    const { recorded, compare } = caseNamed('h01');
    const { events = [] } = recorded.responses[0] as ClientAnswer;
    expect(compare(changed(recorded, () => ({ events: events.slice(0, -1) })))).toEqual(['request 1, [DONE]']);
    expect(compare(changed(recorded, () => ({ events: events.toSpliced(1, 1) })))).toEqual(['request 1, content']);
    expect(compare(changed(recorded, () => ({ events: events.toSpliced(3, 1) })))).toEqual(['request 1, content']);
    const whole = events.toSpliced(1, 2, {
      data: { model: 'h01', choices: [{ index: 0, delta: { content: 'Hello world' } }] },
    });
    expect(compare(changed(recorded, () => ({ events: whole })))).toEqual([]);
  });

  it('sees that a gateway started that should not have, and the other way round', () => {
    const { recorded, compare } = caseNamed('g34');
    expect(compare({ started: true, responses: [] })).toEqual(['start']);
    expect(compare({ ...recorded, note: 'another exit code' })).toEqual([]);
    expect(caseNamed('a16').compare({ started: false, responses: [] })).toEqual(['start']);
  });

  it('takes the shares of many requests within the bounds of chance', () => {
    const { recorded, compare } = caseNamed('g01');
    const shares = (counts: Record<string, number>): string[] =>
      compare({
        ...recorded,
        responses: [{ summary: { status: { 200: 300 }, by_model_id: {}, upstream_by_port: counts } }],
      });
    expect(shares({ UP1: 110, UP2: 90, UP3: 100 })).toEqual([]);
    expect(shares({ UP1: 200, UP2: 50, UP3: 50 })).toEqual(['request 1, upstreams']);
  });
});

describe('matching values', () => {
  it.each([
    ['<uuid>', 'a-b', true],
    ['chatcmpl-<uuid>', 'chatcmpl-1', true],
    ['chatcmpl-<uuid>', 'other-1', false],
    ['6000.0', '600', false],
    [[1, 2], [1, 2, 3], false],
    [['a', '<and 3 more>'], ['a', 'b'], true],
    [{ a: null }, {}, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [1, '1', false],
  ])('%j against %j: %s', (expected, got, equal) => {
    expect(matches(expected, got)).toBe(equal);
  });

  it.each([
    [{ a: 10 }, { a: 300 }, true],
    [{ a: 10 }, { b: 10 }, false],
    [{ a: 298, b: 2 }, { a: 300 }, true],
    [{ a: 150, b: 150 }, { a: 220, b: 80 }, false],
    [{ a: 20 }, { a: 10, b: 10 }, false],
    [{ a: 20 }, { a: 18, b: 2 }, true],
    [{}, {}, true],
    [{}, { a: 5 }, false],
  ])('shares %j and %j agree: %s', (first, second, agree) => {
    expect(sharesAgree(first, second)).toBe(agree);
  });
});

describe('reading a stream', () => {
  it('keeps events with names and comments and leaves out what the end cut off', () => {
    const text = ': hi\ndata: {"a":1}\n\nevent: error\ndata: text\r\n\r\ndata: [DONE]\n\ndata: {"cut":';
    expect(readEvents(text)).toEqual([
      { data: { a: 1 }, other: [': hi'] },
      { data: 'text', event: 'error' },
      { data: '[DONE]' },
    ]);
  });
});
