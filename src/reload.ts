// Reads the config again and puts it in force, or says why not and leaves the old one alone. One reload at a time: the
// signal, the watcher and the admin route may all ask at once, and the last to ask must see the newest file.
import { hasErrors } from './config/check-report.ts';
import type { ConfigProblem, GatewayConfig } from './config/types.ts';
import type { RequestLog } from './observe/request-log.ts';

/** What a replacement changed, for the log. */
export interface ConfigChange {
  readonly models: number;
  readonly deployments: number;
  /** Deployments by id: new ones, and those that are gone. */
  readonly added: number;
  readonly removed: number;
}

/** Who asked. */
export type ReloadTrigger = 'SIGHUP' | 'watch' | 'admin';

export type ReloadOutcome =
  | {
      readonly kind: 'replaced';
      readonly change: ConfigChange;
      readonly problems: readonly ConfigProblem[];
      /** What it was read from. */
      readonly files: readonly string[];
    }
  /** The old config is still in force. */
  | { readonly kind: 'rejected'; readonly problems: readonly ConfigProblem[] };

export interface ReloadParts {
  /** The config as it stands now. */
  readonly read: () => GatewayConfig | Promise<GatewayConfig>;
  readonly replace: (config: GatewayConfig) => ConfigChange | Promise<ConfigChange>;
  /** Told of every outcome, once. */
  readonly report: (outcome: ReloadOutcome, trigger: ReloadTrigger) => void;
}

export class Reloader {
  readonly #parts: ReloadParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /** Never rejects: what cannot be read or enacted is a rejected outcome. */
  reload(trigger: ReloadTrigger): Promise<ReloadOutcome> {
    const next = this.#last.then(async () => {
      const outcome = await this.#attempt();
      this.#parts.report(outcome, trigger);
      return outcome;
    });
    this.#last = next;
    return next;
  }

  async #attempt(): Promise<ReloadOutcome> {
    let problems: readonly ConfigProblem[] = [];
    try {
      const config = await this.#parts.read();
      problems = config.problems;
      if (hasErrors(config)) return { kind: 'rejected', problems };
      return { kind: 'replaced', change: await this.#parts.replace(config), problems, files: config.files };
    } catch (error) {
      return { kind: 'rejected', problems: [...problems, problemOf(error)] };
    }
  }
}

/** A certificate that cannot be read, a proxy variable that holds no URL. */
function problemOf(error: unknown): ConfigProblem {
  const what = error instanceof Error ? error.message : String(error);
  return { severity: 'error', file: 'config', line: 1, column: 1, where: 'config', what };
}

/** One line a reload, and one for each problem of the config: warnings of one that was accepted at debug level. */
export function reportReload({ logger }: RequestLog, outcome: ReloadOutcome, trigger: ReloadTrigger): void {
  for (const { severity, file, line, column, where, what } of outcome.problems) {
    const fields = { at: `${file}:${line}:${column}`, where };
    if (severity === 'error') logger.error(fields, what);
    else logger.debug(fields, what);
  }
  if (outcome.kind === 'rejected') logger.error({ trigger }, 'config rejected: the old one stays in force');
  else logger.info({ trigger, ...outcome.change }, 'config reloaded');
}

/** What a replacement changes. */
export function changeBetween(old: GatewayConfig, next: GatewayConfig): ConfigChange {
  const [before, after] = [old, next].map(({ table }) => table.byId);
  const missingIn = (ids: ReadonlyMap<string, number> | undefined, all: ReadonlyMap<string, number> | undefined) =>
    [...(all?.keys() ?? [])].filter((id) => ids?.has(id) !== true).length;
  return {
    models: next.table.groups.size,
    deployments: next.table.deployments.length,
    added: missingIn(before, after),
    removed: missingIn(after, before),
  };
}
