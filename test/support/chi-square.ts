// Is what was drawn what was promised? Pearson's test, with the bounds that its users need.

/** Sum of (observed - expected)² / expected; classes that expect nothing must hold nothing. */
export function chiSquare(observed: readonly number[], weights: readonly number[]): number {
  const draws = observed.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let statistic = 0;
  for (const [index, weight] of weights.entries()) {
    const expected = (draws * weight) / total;
    const count = observed[index] ?? 0;
    if (expected === 0) {
      if (count > 0) return Number.POSITIVE_INFINITY;
      continue;
    }
    statistic += (count - expected) ** 2 / expected;
  }
  return statistic;
}

/** Exceeded by chance once in a thousand, by degrees of freedom (tables of the chi-square distribution). */
export const CHI_SQUARE_999: Readonly<Record<1 | 2 | 3 | 4, number>> = { 1: 10.828, 2: 13.816, 3: 16.266, 4: 18.467 };
