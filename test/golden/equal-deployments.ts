// Which deployments of a config are interchangeable: where a group has several of about the same weight, the one that is
// hit first is chance, and the record only holds one throw of the dice. Reads the config, knows nothing of answers.
import { parse } from 'yaml';
import type { UpstreamAttempt } from './record.ts';

/**
 * From this ratio of weights on the heavier deployment counts as certain (the records use 5000 to 1). With the 240 to 1 of
 * the 2024 document one replay in ten would draw the lighter one somewhere.
 */
const CERTAIN_RATIO = 1_000;

interface Entry {
  readonly group: string;
  readonly upstream: string;
  readonly model: string;
  readonly share: number;
  /** Empty, or the `order` in words. */
  readonly rank: string;
}

/** A name for the random choice that an attempt was part of, or `undefined` when there was no choice. */
export type ChoiceOf = (attempt: UpstreamAttempt) => string | undefined;

/** `configText` with placeholders, as recorded. A config that cannot be read has no choices. */
export function interchangeable(configText: string | null): ChoiceOf {
  // Deployments of different `order` are tried one rank after the other: chance is within a rank.
  const groups = Map.groupBy(readEntries(configText), ({ group, rank }) => `${group}${rank}`);
  const random = [...groups].filter(([, entries]) => isRandom(entries));
  return (attempt) => random.find(([, entries]) => entries.some((entry) => serves(entry, attempt)))?.[0];
}

function serves(entry: Entry, { to, path, body }: UpstreamAttempt): boolean {
  if (entry.upstream !== to) return false;
  const asked = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  return asked === entry.model || path.includes(`/deployments/${entry.model}/`);
}

function isRandom(entries: readonly Entry[]): boolean {
  if (entries.length < 2) return false;
  const shares = entries.map(({ share }) => share);
  return Math.max(...shares) < CERTAIN_RATIO * Math.min(...shares);
}

function readEntries(configText: string | null): Entry[] {
  const list = field(parsed(configText), 'model_list');
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown): Entry => {
    const params = field(item, 'litellm_params');
    const share = Number(field(params, 'weight') ?? field(params, 'rpm') ?? field(params, 'tpm') ?? 1);
    const order = field(params, 'order');
    return {
      group: String(field(item, 'model_name')),
      upstream: /\{(UP\d)\}/.exec(String(field(params, 'api_base')))?.[1] ?? '',
      model: String(field(params, 'model')).split('/').slice(1).join('/'),
      share: Number.isFinite(share) ? share : 1,
      rank: typeof order === 'number' ? ` of order ${order}` : '',
    };
  });
}

function parsed(configText: string | null): unknown {
  if (configText === null) return undefined;
  try {
    return parse(configText);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
