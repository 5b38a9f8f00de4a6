// How many of a list of moments fall into one window of time: the most in any window, and the least in any whole one.

/** Most moments in any half-open window of `windowMs`; `times` ascend. */
export function mostWithin(times: readonly number[], windowMs: number): number {
  let [most, from] = [0, 0];
  for (let until = 0; until < times.length; until++) {
    while ((times[until] ?? 0) - (times[from] ?? 0) >= windowMs) from += 1;
    most = Math.max(most, until - from + 1);
  }
  return most;
}

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Least moments in any window of `windowMs` inside of the span; `undefined` when the span is shorter. */
export function leastWithin(times: readonly number[], windowMs: number, { fromMs, untilMs }: Span): number | undefined {
  if (untilMs - fromMs < windowMs) return undefined;
  // A window holds least when it begins just after a moment, or at the beginning of the span.
  const begins = [fromMs, ...times.filter((at) => at >= fromMs && at + windowMs < untilMs)];
  const counts = begins.map((begin, index) => {
    const first = index === 0 ? (at: number) => at >= begin : (at: number) => at > begin;
    return times.filter((at) => first(at) && at <= begin + windowMs).length;
  });
  return Math.min(...counts);
}
