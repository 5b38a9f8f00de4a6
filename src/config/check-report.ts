// What `loadstone check` says about a config: the verdict on every key, the groups that result, and every problem.
// Returns text or plain data; printing and exit codes are the command line's business. Values are never shown.
import { shownRoutingGroups, type ShownRoutingGroup } from './shown-routing-groups.ts';
import { threadNotes } from './thread-notes.ts';
import type { ConfigProblem, GatewayConfig, KeyVerdict } from './types.ts';
import type { Deployment } from '../core/deployment.ts';

/** One deployment as the table shows it. */
export interface ReportedDeployment {
  readonly group: string;
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly weight: number | null;
  /** `in rotation`, or why it gets no traffic. */
  readonly state: string;
}

/** The report for machines (`--json`). */
export interface CheckReport {
  readonly file: string | null;
  readonly ok: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly problems: readonly ConfigProblem[];
  readonly keys: readonly KeyVerdict[];
  readonly deployments: readonly ReportedDeployment[];
  readonly aliases: readonly { readonly name: string; readonly target: string; readonly hidden: boolean }[];
  readonly routingGroups: readonly ShownRoutingGroup[];
  /** What does not hold over several threads as it does in one; none for one thread. */
  readonly threads: readonly string[];
}

const IN_ROTATION = 'in rotation';
const ID_CHARACTERS = 16;

/** Whether the gateway refuses to start with this config (the process then exits with 2). */
export function hasErrors(config: GatewayConfig): boolean {
  return config.problems.some((problem) => problem.severity === 'error');
}

/** `file:line:column: where: what`, errors marked as such. */
export function formatProblem({ file, line, column, severity, where, what }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${severity}: ${where}: ${what}`;
}

/** `threads`: how many are to serve. */
export function checkReport(config: GatewayConfig, threads = 1): CheckReport {
  const errors = config.problems.filter((problem) => problem.severity === 'error').length;
  return {
    file: config.file ?? null,
    ok: errors === 0,
    errors,
    warnings: config.problems.length - errors,
    problems: config.problems,
    keys: config.verdicts,
    deployments: config.table.deployments.map(reportDeployment),
    aliases: [...config.table.aliases.values()],
    routingGroups: shownRoutingGroups(config.table),
    threads: threadNotes(config, threads),
  };
}

function reportDeployment(deployment: Deployment): ReportedDeployment {
  return {
    group: deployment.group,
    id: deployment.id,
    provider: deployment.provider,
    model: deployment.upstreamModel,
    rpm: deployment.limits.rpm ?? null,
    tpm: deployment.limits.tpm ?? null,
    weight: deployment.weight ?? null,
    state: deployment.outOfRotation ?? IN_ROTATION,
  };
}

/** The report for people: keys, groups, problems, one line that sums up. Ends with a line break. */
export function formatCheckReport(config: GatewayConfig, threads = 1): string {
  const report = checkReport(config, threads);
  const keys = report.keys.map((key) => [String(key.line), key.where, key.verdict, key.note ?? '']);
  const groups = report.deployments.map(deploymentRow);
  const routingGroups = report.routingGroups.map((group) => [group.name, group.strategy, group.models.join(', ')]);
  const aliases = report.aliases.map((alias) => [alias.name, alias.target, alias.hidden ? 'hidden' : '']);
  return [
    ...titled('Keys', ['line', 'key', 'verdict', 'note'], keys),
    ...titled('Groups', ['group', 'deployment', 'provider', 'model', 'rpm', 'tpm', 'weight', 'state'], groups),
    ...titled('Routing groups', ['name', 'strategy', 'models'], routingGroups),
    ...titled('Aliases', ['alias', 'group', ''], aliases),
    ...(report.threads.length === 0 ? [] : ['Threads', ...report.threads.map((note) => `  ${note}`), '']),
    ...(report.problems.length === 0
      ? []
      : ['Problems', ...report.problems.map((one) => `  ${formatProblem(one)}`), '']),
    `${report.file ?? 'config'}: ${counted(report.errors, 'error')}, ${counted(report.warnings, 'warning')}`,
    '',
  ].join('\n');
}

function deploymentRow(row: ReportedDeployment): string[] {
  const id = row.id.length > ID_CHARACTERS ? `${row.id.slice(0, ID_CHARACTERS)}…` : row.id;
  const numbers = [row.rpm, row.tpm, row.weight].map((value) => (value === null ? '' : String(value)));
  return [row.group, id, row.provider, row.model, ...numbers, row.state];
}

function titled(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [title, ...aligned([head, ...rows]).map((line) => `  ${line}`), ''];
}

/** Columns padded to their widest cell; the last one is left ragged. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
