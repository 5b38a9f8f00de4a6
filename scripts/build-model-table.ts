// Makes src/provider/model-table.tsv, the facts about public models that are shipped, from the full table given as the
// first argument. A script because the source is large, changes often, and holds columns that nothing here reads.
//   node scripts/build-model-table.ts ../shared/data/models.tsv
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OUTPUT = fileURLToPath(new URL('../src/provider/model-table.tsv', import.meta.url));

const SOURCE_COLUMNS = [
  'name',
  'provider',
  'mode',
  'max_input_tokens',
  'max_output_tokens',
  'max_tokens',
  'input_usd_per_mtok',
  'output_usd_per_mtok',
  'cache_read_usd_per_mtok',
  'cache_write_usd_per_mtok',
  'flags',
  'deprecation_date',
] as const;

/** What becomes of a row: the date of withdrawal is nothing that a gateway acts on. */
const DROPPED_COLUMNS: ReadonlySet<string> = new Set(['deprecation_date']);

/** Names that can never be asked for: sizes and steps of image prices. */
const NOT_A_MODEL = /^(\d+-x-\d+|max-x-max|hd\/|standard\/|low\/|medium\/|high\/|sample_spec)/;

function compact(text: string): { rows: string[]; header: string } {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  if (header !== SOURCE_COLUMNS.join('\t')) throw new Error(`unexpected columns: ${header}`);
  const rows = lines.filter((line) => !NOT_A_MODEL.test(line)).map(compactRow);
  return { rows: rows.toSorted(), header: SOURCE_COLUMNS.filter((name) => !DROPPED_COLUMNS.has(name)).join('\t') };
}

function compactRow(line: string): string {
  const cells = line.split('\t').filter((_, index) => !DROPPED_COLUMNS.has(SOURCE_COLUMNS[index] ?? ''));
  // `max_tokens` repeats the output limit in most rows.
  const maxTokens = SOURCE_COLUMNS.indexOf('max_tokens');
  if (cells[maxTokens] === cells[maxTokens - 1]) cells[maxTokens] = '=';
  return cells.join('\t').trimEnd();
}

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('usage: node scripts/build-model-table.ts <models.tsv>');
const { rows, header } = compact(readFileSync(source, 'utf8'));
const notice = [
  '# Facts about public models. Made by scripts/build-model-table.ts; do not edit.',
  '# Source: the model table published with LiteLLM 1.106.2 (MIT licence), as of 2026-11-21, reduced to these columns.',
  '# Prices are US dollars per million tokens; `=` repeats the cell before; an empty cell is unknown, not zero.',
  `# ${header}`,
];
writeFileSync(OUTPUT, `${[...notice, ...rows].join('\n')}\n`);
process.stdout.write(`${OUTPUT}: ${rows.length} models\n`);
