// Prints case by case whether the gateway answers as recorded, with the differences: the tool for working on them.
//   node test/golden/report.ts                 all cases
//   node test/golden/report.ts d60 h01 e-default   cases whose id, or groups whose name, begins so
//   --all      also the equal and explained cases      --brief   ids only      --log   the gateway's output below a difference
//   --group    with every case of the groups that the named cases belong to, for state that carries over
//   --lanes=N  groups at a time (default 3)
import { parseArgs } from 'node:util';
import { showDifferences } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import { NOT_BUILT_YET } from './not-built-yet.ts';
import { loadGroups, type CaseGroup, type GoldenCase } from './record.ts';
import { replayAll, type CaseResult } from './replay-all.ts';
import { verdictOn } from './verdict.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    group: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '3' },
  },
});

// `report.ts | head` ends early and is no failure.
process.stdout.on('error', () => process.exit(0));

const tables = { differences: DIFFERENCES, notBuiltYet: NOT_BUILT_YET };
const WORDS = { equal: 'equal    ', explained: 'explained', different: 'DIFFERENT', stale: 'STALE ROW' };
const counts = { equal: 0, explained: 0, different: 0, stale: 0 };

function chosen(groups: readonly CaseGroup[]): CaseGroup[] {
  const named = ({ id, group }: GoldenCase): boolean =>
    positionals.length === 0 || positionals.some((name) => id.startsWith(name) || group.startsWith(name));
  return groups
    .filter(({ cases }) => cases.some(named))
    .map((group) => (values.group ? group : { ...group, cases: group.cases.filter(named) }));
}

function print({ golden, differences, note }: CaseResult): void {
  const verdict = verdictOn(golden.id, differences, tables);
  counts[verdict.kind] += 1;
  if (verdict.kind !== 'different' && verdict.kind !== 'stale' && !values.all) return;
  const remark = 'reason' in verdict ? ` (${verdict.reason})` : '';
  process.stdout.write(`${WORDS[verdict.kind]} ${golden.id}: ${golden.title.slice(0, 100)}${remark}\n`);
  if (verdict.kind === 'equal' || verdict.kind === 'stale' || values.brief) return;
  const shown = verdict.kind === 'different' ? verdict.differences : differences;
  process.stdout.write(`  ${showDifferences(shown).replaceAll('\n', '\n  ')}\n`);
  if (values.log && note !== undefined) process.stdout.write(`  ${note.replaceAll('\n', '\n  | ')}\n`);
}

const startedMs = performance.now();
await replayAll(chosen(loadGroups()), { lanes: Number(values.lanes), onResult: print });
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
const { equal, explained, different, stale } = counts;
process.stdout.write(
  `\n${equal} equal, ${explained} explained, ${different} different, ${stale} stale rows, in ${seconds} s\n`,
);
process.exitCode = different + stale === 0 ? 0 : 1;
