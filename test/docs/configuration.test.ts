// docs/configuration.md against the tables of known keys: each key stands there once, with the kind of its value, its
// verdict and the note that `loadstone check` prints. The defaults it names are those in force for an empty config.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ENTRY_KEYS, INFO_KEYS, PARAM_KEYS } from '../../src/config/keys/deployment-keys.ts';
import { GENERAL_KEYS, TOP_LEVEL_KEYS } from '../../src/config/keys/general-keys.ts';
import type { KeySpec, KeyTable } from '../../src/config/keys/key-spec.ts';
import { LITELLM_KEYS } from '../../src/config/keys/litellm-keys.ts';
import { ROUTER_KEYS } from '../../src/config/keys/router-keys.ts';
import { loadConfigText } from '../../src/config/load.ts';
import { namesIn, tablesUnder, tableUnder } from './markdown.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

const SECTIONS: [heading: string, table: KeyTable][] = [
  ['Top level', TOP_LEVEL_KEYS],
  ['model_list entry', ENTRY_KEYS],
  ['litellm_params', PARAM_KEYS],
  ['model_info', INFO_KEYS],
  ['router_settings', ROUTER_KEYS],
  ['litellm_settings', LITELLM_KEYS],
  ['general_settings', GENERAL_KEYS],
];

interface Row {
  readonly key: string;
  readonly verdict: KeySpec['verdict'];
  readonly type: string;
  readonly note: string | undefined;
}

const VERDICTS: Readonly<Record<string, KeySpec['verdict']>> = {
  Honoured: 'honoured',
  Mapped: 'mapped',
  'Not supported yet': 'not supported',
};

/** Every key of a section as the document has it. */
function documented(heading: string): Row[] {
  return tablesUnder(text, heading).flatMap(({ head, rows }) => {
    const verdict = VERDICTS[head[0] ?? ''];
    if (verdict === undefined) throw new Error(`a table of ${heading} begins with "${head[0]}"`);
    return rows.flatMap((cells) => {
      const type = verdict === 'not supported' ? 'any' : (cells[1] ?? '');
      const note = cells.at(-1);
      return namesIn(cells[0]).map((key): Row => ({ key, verdict, type, note }));
    });
  });
}

const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);

describe.each(SECTIONS)('the keys of %s', (heading, table) => {
  const rows = documented(heading);

  it('are all there, with kind and verdict', () => {
    const known = [...table].map(([key, { verdict, type }]) => ({ key, verdict, type }));
    expect(rows.map(({ key, verdict, type }) => ({ key, verdict, type })).toSorted(byKey)).toEqual(
      known.toSorted(byKey),
    );
  });

  it('have the note that the check prints, and honoured ones say what they mean', () => {
    const wrong = rows.filter(({ key, note }) => (table.get(key)?.note ?? note) !== note || (note ?? '') === '');
    expect(wrong).toEqual([]);
  });
});

describe("Loadstone's own settings", () => {
  const { rows } = tableUnder(text, "Loadstone's own settings");
  const config = loadConfigText('model_list: []', { env: {} });
  const { settings } = config.table;
  const seconds = (ms: number | undefined): string => (ms === undefined ? 'none' : String(ms / 1000));
  const inForce: Readonly<Record<string, string>> = {
    enforce_limits: String(settings.enforceLimits),
    queue_timeout: seconds(settings.queueTimeoutMs),
    fallback_after: seconds(settings.fallbackAfterMs),
    stream_idle_timeout: seconds(settings.streamIdleTimeoutMs),
    deadline: seconds(settings.deadlineMs),
    hedge: settings.hedge,
    stream_recovery: settings.streamRecovery,
    stream_recovery_max_prompt_tokens: String(settings.streamRecoveryMaxPromptTokens),
    max_request_size_mb: String(config.general.maxRequestBytes / 2 ** 20),
    shutdown_grace: seconds(config.general.shutdownGraceMs),
  };

  it('are those that the key tables call so', () => {
    const own = [...ROUTER_KEYS, ...GENERAL_KEYS].filter(([, { note }]) => note?.startsWith('Loadstone: ') === true);
    expect(rows.map(([key]) => namesIn(key)[0])).toEqual(expect.arrayContaining(own.map(([key]) => key)));
  });

  it('have the defaults that hold for an empty config', () => {
    expect(Object.fromEntries(rows.map((cells) => [namesIn(cells[0])[0], cells[3]]))).toEqual(inForce);
  });
});
