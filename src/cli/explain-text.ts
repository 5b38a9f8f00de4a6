// An explanation as text for a terminal: the decision as a table, then one line a step.
import type { ExplainedCandidate, ExplainedDecision } from '../core/explain/decision.ts';
import type { PlanStep } from '../core/explain/plan-trace.ts';
import type { Failure } from '../core/outcome.ts';

export interface Told {
  readonly steps: readonly PlanStep[];
  readonly ending: Failure | undefined;
}

/** Everything that is told about a request. */
export interface Explanation {
  readonly path: string;
  readonly model: string;
  readonly stream: boolean;
  readonly promptTokens: number;
  /** The tokens are no estimate. */
  readonly isCounted: boolean;
  readonly first: Told;
  /** By assumed failure; empty when no deployment would be asked. */
  readonly ifItFails: Readonly<Record<string, Told>>;
}

const INDENT = ' '.repeat(10);

/** Without a line end. */
export function explainText(explanation: Explanation): string {
  const { path, model, stream, promptTokens, isCounted, first, ifItFails } = explanation;
  const tokens = isCounted ? `${promptTokens} prompt tokens, counted` : `about ${promptTokens} prompt tokens`;
  const parts = [`${path}, model ${model}${stream ? ', stream' : ''}, ${tokens}`, toldText(first)];
  for (const [name, told] of Object.entries(ifItFails)) {
    // The first decision is the same, and its table stands above.
    parts.push(`If every attempt fails with ${name}:\n${toldText(told, { withTables: false })}`);
  }
  return parts.join('\n\n');
}

function toldText({ steps, ending }: Told, { withTables } = { withTables: true }): string {
  const lines = steps.flatMap((step) => [
    `${seconds(step.atMs).padStart(8)}  ${stepText(step)}`,
    ...(withTables && step.kind === 'decision' && step.decision !== undefined ? table(step.decision) : []),
  ]);
  if (ending === undefined) lines.push(`${INDENT}an answer`);
  else if (withTables) lines.push(`${INDENT}the client gets ${ending.status}: ${ending.message}`);
  return lines.join('\n');
}

function stepText(step: PlanStep): string {
  switch (step.kind) {
    case 'group':
      return `${step.asked} is ${step.as === 'group' ? 'a group' : `${AS[step.as]} ${step.group}`}`;
    case 'decision':
      return step.picked === undefined ? `nobody in ${step.group} can take it` : `${step.picked} is asked`;
    case 'race':
      return `${step.silent} is silent, ${step.rival} in ${step.group} is asked too`;
    case 'failed':
      return `${step.deployment ?? 'the request itself'} fails: ${step.failure.status} ${step.failure.cause}`;
    case 'retry':
      return `retry ${step.retry} of ${step.of}${step.pauseMs > 0 ? ` after ${seconds(step.pauseMs)} (${step.reason})` : ' at once'}${step.isDeferred ? ', when the fallbacks have failed' : ''}`;
    case 'fallback':
      return `fallback from ${step.from} to ${step.to} (${step.list})`;
    case 'wait':
      return `waits ${seconds(step.waitMs)} (${step.reason})`;
    case 'counted':
      return `the prompt is counted: ${step.promptTokens} tokens`;
    case 'end':
      return `end: ${step.failure.status} ${step.failure.class}`;
  }
}

const AS = {
  id: 'a deployment id:',
  'routing-group': 'a routing group:',
  alias: 'an alias of',
  group: 'a group:',
  wildcard: 'matched by a wildcard:',
  'litellm-model': 'the model of deployments:',
  'default-fallback': 'unknown, its default fallback serves:',
} as const;

const REASONS: Readonly<Record<NonNullable<ExplainedCandidate['reason']>, string>> = {
  tried: 'tried before',
  order: 'a lower order is there',
  sticky: 'the request sticks to another',
  outOfRotation: 'out of rotation',
  tagged: 'not allowed by tags',
  wrongRegion: 'another region',
  unsupported: 'output format not supported',
  overBudget: 'budget crossed',
  failedCheck: 'health check failed',
  tooSmall: 'window too small',
  overLimit: 'prompt exceeds tpm or itpm',
  open: 'breaker open',
  blocked: 'told to stay away',
  limited: 'no room in a limit',
  parallel: 'no parallel slot',
  noLease: 'no lease of a shared limit yet',
};

function table({ strategy, candidates, omitted }: ExplainedDecision): string[] {
  const rows = [['deployment', 'verdict', 'chance', candidates.some(hasScore) ? 'score' : 'weight', 'order', 'limits']];
  for (const candidate of candidates) {
    const { id, verdict, reason, probability, weight, score, order, limits } = candidate;
    rows.push([
      id,
      reason === undefined ? verdict : `${verdict}: ${REASONS[reason]}`,
      probability === 0 ? '-' : `${(probability * 100).toFixed(1)} %`,
      String(weight ?? score ?? '-'),
      String(order ?? '-'),
      limits.map(({ name, limit }) => `${name} ${limit}`).join(', ') || '-',
    ]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    `${INDENT}${row.map((cell, nth) => cell.padEnd(widths[nth] ?? 0)).join('  ')}`.trimEnd(),
  );
  const more = omitted === 0 ? [] : [`${INDENT}and ${omitted} more`];
  return [`${INDENT}by ${strategy}:`, ...lines, ...more];
}

function hasScore({ score }: ExplainedCandidate): boolean {
  return score !== undefined;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}
