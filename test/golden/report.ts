// Prints case by case whether the gateway answers as recorded, with the differences: the tool for working on them.
//   node test/golden/report.ts                 all cases
//   node test/golden/report.ts d60 h01 e-default   cases whose id, or groups whose name, begins so
//   --all      also the equal cases      --brief   ids only      --log   the gateway's output below a difference
//   --group    with every case of the groups that the named cases belong to, for state that carries over
//   --lanes=N  groups at a time (default 3)
import { parseArgs } from 'node:util';
import { showDifferences } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import { NOT_BUILT_YET } from './not-built-yet.ts';
import { loadGroups, type CaseGroup, type GoldenCase } from './record.ts';
import { replayAll, type CaseResult } from './replay-all.ts';

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

const TIMING = new Set(DIFFERENCES.filter(({ dependsOnTiming }) => dependsOnTiming).map(({ id }) => id));
const explained = new Map([
  ...DIFFERENCES.map(({ id, reason }) => [id, `differs on purpose: ${reason}`] as const),
  ...NOT_BUILT_YET.map(({ id, feature }) => [id, `not built yet: ${feature}`] as const),
]);

function chosen(groups: readonly CaseGroup[]): CaseGroup[] {
  const named = ({ id, group }: GoldenCase): boolean =>
    positionals.length === 0 || positionals.some((name) => id.startsWith(name) || group.startsWith(name));
  return groups
    .filter(({ cases }) => cases.some(named))
    .map((group) => (values.group ? group : { ...group, cases: group.cases.filter(named) }));
}

function print({ golden, differences, note }: CaseResult): void {
  const equal = differences.length === 0;
  const reason = equal && TIMING.has(golden.id) ? undefined : explained.get(golden.id);
  if (equal && reason === undefined && !values.all) return;
  const word = equal ? 'equal    ' : 'DIFFERENT';
  const remark = reason === undefined ? '' : equal ? ` (STALE ROW, ${reason})` : ` (${reason})`;
  process.stdout.write(`${word} ${golden.id}: ${golden.title.slice(0, 100)}${remark}\n`);
  if (equal || values.brief) return;
  process.stdout.write(`  ${showDifferences(differences).replaceAll('\n', '\n  ')}\n`);
  if (values.log && note !== undefined) process.stdout.write(`  ${note.replaceAll('\n', '\n  | ')}\n`);
}

const results: CaseResult[] = [];
const startedMs = performance.now();
await replayAll(chosen(loadGroups()), {
  lanes: Number(values.lanes),
  onResult(result) {
    results.push(result);
    print(result);
  },
});
const equal = results.filter(({ differences }) => differences.length === 0).length;
const rows = results.filter(({ golden, differences }) => differences.length > 0 && explained.has(golden.id)).length;
const open = results.length - equal - rows;
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
process.stdout.write(`\n${equal} equal, ${rows} different and explained, ${open} different, in ${seconds} s\n`);
process.exitCode = open === 0 ? 0 : 1;
