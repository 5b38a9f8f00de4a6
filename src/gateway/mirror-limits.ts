// Tells the limiter what a provider's answer says is left, as soon as its headers are there: successes and refusals
// alike. Its own file because plain calls and streams both do it.
import { mirrorHeaders, type RemainingHeaders } from '../core/limiter/header-mirror.ts';
import type { AnswerHeaders } from '../upstream/upstream-call.ts';
import { limitHeaders } from './answer-headers.ts';
import type { Exchange } from './exchange.ts';
import { insideGuard } from './fleet-guard.ts';

/** Nothing happens without limits to lower, or when the caller brought the key: its limits are not the deployment's. */
export function mirrorLimits({ input }: Exchange, headers: AnswerHeaders): void {
  const { plan, intent, runtime, services } = input;
  const { charge } = plan;
  if (charge === undefined || !charge.counted || intent.callerCredentials) return;
  const limits = limitHeaders(headers);
  if (saysNothing(limits)) return;
  insideGuard(runtime.guard, services.clock.now(), (now) =>
    mirrorHeaders(runtime.fleet, charge, { headers: limits, now }),
  );
}

function saysNothing({ requests, tokens, inputTokens, outputTokens }: RemainingHeaders): boolean {
  return requests === undefined && tokens === undefined && inputTokens === undefined && outputTokens === undefined;
}
