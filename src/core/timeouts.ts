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
export function resolveTimeouts(sources: Sources, deadlineMs: Millis, now: Millis): ResolvedTimeouts {
  const { intent, settings } = sources;
  const configuredMs = intent.stream ? streamLimit(sources) : plainLimit(sources);
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

interface Sources {
  readonly intent: RequestIntent;
  readonly deployment: Deployment;
  readonly settings: RouterSettings;
}

/** The value of the deployment for the tier that the request asks for, if it has one (litellm-1.106.md 7a). */
function forTier(byTier: ReadonlyMap<string, Millis> | undefined, { serviceTier }: RequestIntent): Millis | undefined {
  return byTier === undefined || serviceTier === undefined ? undefined : byTier.get(serviceTier);
}

function plainLimit({ intent, deployment, settings }: Sources): Millis | undefined {
  const tierMs = forTier(deployment.timeoutByTierMs, intent);
  return tierMs ?? deployment.timeoutMs ?? settings.requestTimeoutMs ?? settings.timeoutMs;
}

function streamLimit(sources: Sources): Millis | undefined {
  return ownStreamLimit(sources) ?? plainLimit(sources);
}

/** What is configured for streams alone. */
function ownStreamLimit({ intent, deployment, settings }: Sources): Millis | undefined {
  const tierMs = forTier(deployment.streamTimeoutByTierMs, intent);
  return tierMs ?? deployment.streamTimeoutMs ?? settings.streamTimeoutMs;
}

/** A plain `timeout` of the caller stands behind every configured stream timeout, not before it. */
function callerStreamLimit(sources: Sources): Millis | undefined {
  const { intent } = sources;
  return intent.streamTimeoutMs ?? (ownStreamLimit(sources) === undefined ? intent.timeoutMs : undefined);
}
