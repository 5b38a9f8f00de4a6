// latency-based-routing: the lowest mean of the newest samples (LiteLLM 1.106, 3.5). One deviation: a deployment nobody
// has measured is still tried first, but by one request at a time; LiteLLM sends it everything until the first answer.
import { rampOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import type { Row } from '../fleet/row.ts';
import { samplesMean, samplesQuantile, samplesSince } from '../fleet/samples.ts';
import type { DeploymentIndex } from '../units.ts';
import { rampedScore, SIDELINED } from './sidelined.ts';
import type { PickContext, Strategy } from './strategy.ts';

const US_PER_MS = 1_000;
/** Behind everybody that was measured, recovering or not. */
const UNMEASURED = 1e15;

/** Microseconds. */
function score(candidate: DeploymentIndex, context: PickContext): number {
  const row = rowOf(context.fleet, candidate);
  const latency = latencyOf(row, context);
  const busy = inFlightOfRow(row);
  if (latency === 0 && busy > 0) return UNMEASURED + busy;
  return rampedScore(latency, rampOf(row, context.nowUs), context.rng);
}

/** Candidates within the buffer of the lowest are equals; only measured ones can be compared by a share. */
function tolerated(lowest: number, { args }: PickContext): number {
  return lowest < SIDELINED ? lowest * (1 + args.lowestLatencyBuffer) : lowest;
}

/** 0 = not measured. A stream goes by its times to first content, where there are any. */
function latencyOf({ latencies, firstContents }: Row, { args, nowUs, stream }: PickContext): number {
  const sinceUs = nowUs - args.ttlMs * US_PER_MS;
  const streams = stream ? samplesSince(firstContents, args.maxLatencyListSize, sinceUs) : 0;
  if (streams > 0 && args.ttftPercentile !== undefined) {
    return samplesQuantile(firstContents, streams, args.ttftPercentile);
  }
  if (streams > 0) return samplesMean(firstContents, streams);
  const answers = samplesSince(latencies, args.maxLatencyListSize, sinceUs);
  return answers > 0 ? samplesMean(latencies, answers) : 0;
}

export const latencyBased: Strategy = { name: 'latency-based-routing', score, tolerated, needs: 'latency' };
