// Which timers one attempt runs under: LiteLLM 1.106's chain of settings, and who is to blame when one fires. Separate
// from the plan because the rule is a table of its own (litellm-1.106.md 7a) and the shell shows the same value.
import type { Deployment } from './deployment.ts';
import type { PhaseTimeouts } from './outcome.ts';
import type { RequestIntent } from './request-intent.ts';
import type { RouterSettings } from './routing-table.ts';
import type { Millis } from './units.ts';

const CONNECT_MS: Millis = 5_000;
/** Where nothing is configured. */
export const DEFAULT_ATTEMPT_MS: Millis = 600_000;

/** Attempt timers, and the value that `x-litellm-timeout` shows (`undefined` = nothing is configured). */
export interface ResolvedTimeouts {
  readonly timeouts: PhaseTimeouts;
  readonly shownMs: Millis | undefined;
}

/**
 * Timers of one attempt that starts at `now`, none running past `deadlineMs`. A value of the caller wins over the
 * configured one, as in 1.106; where it is the shorter one the blame for running out is the caller's.
 */
export function resolveTimeouts(
  sources: { readonly intent: RequestIntent; readonly deployment: Deployment; readonly settings: RouterSettings },
  deadlineMs: Millis,
  now: Millis,
): ResolvedTimeouts {
  const { intent, deployment, settings } = sources;
  const configuredMs = intent.stream ? streamLimit(deployment, settings) : plainLimit(deployment, settings);
  const callerMs = intent.stream ? callerStreamLimit(sources) : intent.timeoutMs;
  const wantedMs = callerMs ?? configuredMs;
  const leftMs = Math.max(1, deadlineMs - now);
  const limitMs = Math.min(wantedMs ?? DEFAULT_ATTEMPT_MS, leftMs);
  const timeouts: PhaseTimeouts = {
    connectMs: Math.min(CONNECT_MS, leftMs),
    totalMs: intent.stream ? undefined : limitMs,
    firstContentMs: intent.stream ? limitMs : undefined,
    idleMs: intent.stream ? (wantedMs ?? settings.streamIdleTimeoutMs) : undefined,
    setByCaller: limitMs < (configuredMs ?? DEFAULT_ATTEMPT_MS),
  };
  return { timeouts, shownMs: wantedMs };
}

function plainLimit(deployment: Deployment, settings: RouterSettings): Millis | undefined {
  return deployment.timeoutMs ?? settings.requestTimeoutMs ?? settings.timeoutMs;
}

function streamLimit(deployment: Deployment, settings: RouterSettings): Millis | undefined {
  return deployment.streamTimeoutMs ?? settings.streamTimeoutMs ?? plainLimit(deployment, settings);
}

/** A plain `timeout` of the caller stands behind every configured stream timeout, not before it. */
function callerStreamLimit(sources: {
  readonly intent: RequestIntent;
  readonly deployment: Deployment;
  readonly settings: RouterSettings;
}): Millis | undefined {
  const { intent, deployment, settings } = sources;
  if (intent.streamTimeoutMs !== undefined) return intent.streamTimeoutMs;
  const hasStreamLimit = deployment.streamTimeoutMs !== undefined || settings.streamTimeoutMs !== undefined;
  return hasStreamLimit ? undefined : intent.timeoutMs;
}
