// Reads a command line against the table of flags: every mistake becomes one sentence, and nothing is guessed.
import { parseArgs } from 'node:util';
import { nearestKey } from '../config/nearest-key.ts';
import { FLAGS } from './flags.ts';
import type { Flag } from './flags.ts';

export interface ReadFlags {
  /** Last value of each flag that was given; switches are `true`. */
  readonly values: ReadonlyMap<string, string | number | true>;
  /** All values of flags that may be repeated. */
  readonly repeated: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  /** Lines about flags that do nothing. */
  readonly notices: readonly string[];
  /** The first mistake. */
  readonly mistake: string | undefined;
}

const PARSE_OPTIONS = Object.fromEntries(
  Object.entries(FLAGS).map(([name, flag]) => {
    const type: 'boolean' | 'string' = flag.kind === 'switch' ? 'boolean' : 'string';
    return [name, flag.short === undefined ? { type } : { type, short: flag.short }];
  }),
);

/** `--num-workers=4` → `--num_workers=4`. */
function withUnderscores(argument: string): string {
  if (!argument.startsWith('--')) return argument;
  const equals = argument.indexOf('=');
  const name = equals < 0 ? argument.slice(2) : argument.slice(2, equals);
  return `--${name.replaceAll('-', '_')}${equals < 0 ? '' : argument.slice(equals)}`;
}

function numberMistake(rawName: string, flag: Flag, value: string): string | undefined {
  const number = Number(value);
  const isNumber = value.trim() !== '' && Number.isFinite(number);
  if (!isNumber) return `${rawName} takes a number, not "${value}"`;
  if (flag.kind === 'whole' && !Number.isInteger(number)) return `${rawName} takes a whole number, not "${value}"`;
  const [least, most] = flag.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (number < least) return `${rawName} must be at least ${least}, not ${value}`;
  return number > most ? `${rawName} must be at most ${most}, not ${value}` : undefined;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function valueOf(token: OptionToken): { readonly value: string | number | true } | { readonly mistake: string } {
  const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name] : undefined;
  if (flag === undefined) {
    const near = nearestKey(token.name, Object.keys(FLAGS));
    return { mistake: `unknown flag ${token.rawName}${near === undefined ? '' : ` (did you mean --${near}?)`}` };
  }
  const { value } = token;
  if (flag.kind === 'switch') {
    if (value === undefined) return { value: true };
    return { mistake: `${token.rawName} takes no value` };
  }
  const isNextFlag = token.inlineValue !== true && value?.startsWith('--') === true;
  if (value === undefined || value === '' || isNextFlag) return { mistake: `${token.rawName} needs a value` };
  if (flag.kind === 'text') return { value };
  const mistake = numberMistake(token.rawName, flag, value);
  return mistake === undefined ? { value: Number(value) } : { mistake };
}

/** Reads `argv` (without the program's name). */
export function readFlags(argv: readonly string[]): ReadFlags {
  const args = argv.map(withUnderscores);
  const { tokens } = parseArgs({ args, options: PARSE_OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string | number | true>();
  const repeated = new Map<string, string[]>();
  const positionals: string[] = [];
  const notices: string[] = [];
  let mistake: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const read = valueOf(token);
    if ('mistake' in read) {
      mistake ??= read.mistake;
      continue;
    }
    values.set(token.name, read.value);
    repeated.set(token.name, [...(repeated.get(token.name) ?? []), String(read.value)]);
    const reason = FLAGS[token.name]?.ignored;
    if (reason !== undefined) notices.push(`${token.rawName} is accepted and does nothing: ${reason}`);
  }
  return { values, repeated, positionals, notices, mistake };
}
