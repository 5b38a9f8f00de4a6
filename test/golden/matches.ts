// Equality of recorded and replayed values: deep, with the recorder's placeholders (`<uuid>`, `<hash1>`, `<n>`) as
// wild cards on the recorded side, and the counts of repeated requests within the bounds of chance.
import { isObject } from './answer-facts.ts';
import type { Json } from './record.ts';

const PLACEHOLDER = /<(?:uuid|hash\d+|unix time|time|s|n|addr|v|traceback|path)>/g;
const SHORTENED = /<(?:and \d+ more|\d+ names|\d+ paths|null fields left out)>/;

/** Whether `got` is what `expected` stands for. A missing field equals null. */
export function matches(expected: Json | undefined, got: Json | undefined): boolean {
  if (typeof expected === 'string' && typeof got === 'string') return textMatches(expected, got);
  if (Array.isArray(expected)) return Array.isArray(got) && listMatches(expected, got);
  if (isObject(expected)) {
    if (!isObject(got)) return false;
    const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return [...names].every((name) => SHORTENED.test(name) || matches(expected[name], got[name]));
  }
  return (expected ?? null) === (got ?? null);
}

function textMatches(expected: string, got: string): boolean {
  if (expected === got) return true;
  const parts = expected.split(PLACEHOLDER);
  if (parts.length === 1) return false;
  const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.+');
  return new RegExp(`^${pattern}$`, 's').test(got);
}

function listMatches(expected: readonly Json[], got: readonly Json[]): boolean {
  const last = expected.at(-1);
  if (typeof last === 'string' && SHORTENED.test(last)) {
    return expected.slice(0, -1).every((entry) => got.some((candidate) => matches(entry, candidate)));
  }
  return expected.length === got.length && expected.every((entry, index) => matches(entry, got[index]));
}

type Counts = Readonly<Record<string, number>>;

/** Chi-square values that chance exceeds once in 10,000 times, by degrees of freedom (1 to 6). */
const CRITICAL = [15.14, 18.42, 21.11, 23.51, 25.74, 27.86];

/**
 * Whether two samples of the same size order can come from one distribution: the chi-square test of homogeneity at a
 * level of 1 in 10,000. True when both are empty.
 */
export function sharesAgree(first: Counts, second: Counts): boolean {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  if (names.length < 2) return total(first) > 0 === total(second) > 0;
  if (isCertain(first) && !agreesWithCertainty(first, second)) return false;
  const critical = CRITICAL[names.length - 2];
  return critical !== undefined && chiSquare(names, [first, second]) < critical;
}

/** Twenty requests that all went one way were no throw of the dice: the test alone would let a third pass at times. */
const CERTAIN_FROM = 20;
const CERTAIN_SHARE = 0.85;

function isCertain(counts: Counts): boolean {
  return Object.keys(counts).length === 1 && total(counts) >= CERTAIN_FROM;
}

function agreesWithCertainty(certain: Counts, other: Counts): boolean {
  const [name = ''] = Object.keys(certain);
  return (other[name] ?? 0) >= CERTAIN_SHARE * total(other);
}

function chiSquare(names: readonly string[], samples: readonly Counts[]): number {
  const all = samples.reduce((sum, sample) => sum + total(sample), 0);
  let statistic = 0;
  for (const name of names) {
    const ofName = samples.reduce((sum, sample) => sum + (sample[name] ?? 0), 0);
    for (const sample of samples) {
      const expected = (ofName * total(sample)) / all;
      if (expected > 0) statistic += ((sample[name] ?? 0) - expected) ** 2 / expected;
      else if (total(sample) === 0) return Infinity;
    }
  }
  return statistic;
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
