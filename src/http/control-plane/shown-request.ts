// One recent request as `/admin/requests` shows it. The attempt that ended a request well is not kept on its own: it is
// what the request's numbers leave over.
import type { Deployment } from '../../core/deployment.ts';
import { shownStep } from '../../gateway/shown-steps.ts';
import type { RecentRequest } from '../../observe/recent.ts';

type Shown = Readonly<Record<string, unknown>>;

export function shownRequest(
  { event, failure, endedAtMs, troubles, steps }: RecentRequest,
  deployments: readonly Deployment[],
  { withSteps }: { readonly withSteps: boolean },
): Shown {
  const startedAt = new Date(endedAtMs - event.durationMs).toISOString();
  return {
    call_id: event.callId,
    time: startedAt,
    endpoint: event.endpoint,
    path: event.path,
    model: event.requestedModel,
    group: event.group ?? null,
    deployment: idOf(event.deployment, deployments),
    outcome: event.outcome,
    status: event.status,
    failure: failure ?? null,
    stream: event.stream,
    attempts: event.attempts,
    retries: event.retries,
    fallbacks: event.fallbacks,
    duration_ms: rounded(event.durationMs),
    upstream_ms: rounded(event.upstreamMs),
    queued_ms: rounded(event.queuedMs ?? 0),
    first_content_ms: event.firstContentMs === undefined ? null : rounded(event.firstContentMs),
    prompt_tokens: event.usage?.promptTokens ?? null,
    completion_tokens: event.usage?.completionTokens ?? null,
    troubles: troubles.map((trouble) => shownTrouble(trouble, deployments)),
    is_explained: steps !== undefined,
    ...(withSteps ? { steps: steps?.map(shownStep) ?? null } : {}),
  };
}

function shownTrouble(trouble: RecentRequest['troubles'][number], deployments: readonly Deployment[]): Shown {
  const deployment = idOf(trouble.deployment, deployments);
  if (trouble.kind === 'breaker') return { kind: 'breaker', deployment, state: trouble.state };
  const { kind, group, outcome, failure, durationMs } = trouble;
  return { kind, deployment, group, outcome, failure: failure ?? null, duration_ms: rounded(durationMs) };
}

function idOf(index: number | undefined, deployments: readonly Deployment[]): string | null {
  return deployments[index ?? -1]?.id ?? null;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
