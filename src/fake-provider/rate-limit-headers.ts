// How the limits stand, in the header names and number formats of each vendor.
import type { Vendor } from './fault.ts';
import type { LimitVerdict } from './sliding-limit.ts';

export interface StandingLimit {
  readonly limited: 'requests' | 'tokens';
  readonly limit: number;
  readonly verdict: LimitVerdict;
}

/** OpenAI's durations: `120ms`, `1s`, `6m0s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** Headers for every answer of a model with limits; TGI and vLLM have none. */
export function rateLimitHeaders(vendor: Vendor, limits: readonly StandingLimit[]): Record<string, string> {
  const headers: Record<string, string> = {};
  if (vendor === 'tgi' || vendor === 'vllm') return headers;
  for (const { limited, limit, verdict } of limits) {
    const isAnthropic = vendor === 'anthropic';
    const name = (what: string) =>
      isAnthropic ? `anthropic-ratelimit-${limited}-${what}` : `x-ratelimit-${what}-${limited}`;
    headers[name('limit')] = String(limit);
    headers[name('remaining')] = String(verdict.remaining);
    if (isAnthropic) headers[name('reset')] = new Date(Date.now() + verdict.resetMs).toISOString();
    else if (vendor === 'azure') headers[name('reset')] = String(Math.ceil(verdict.resetMs / 1000));
    else headers[name('reset')] = durationText(verdict.resetMs);
  }
  return headers;
}
