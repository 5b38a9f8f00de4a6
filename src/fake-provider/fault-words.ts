// Faults written as words, for places where no object fits: a model name (`gpt-4o--status=429@1-2--retry-after=3`) and
// the value of `--fault`. Every word is one field of a fault; a word that is none is left alone, because real model
// names may hold two dashes as well.
import { faultSchema } from './fault.ts';
import type { Fault } from './fault.ts';

type FaultField = Exclude<keyof Fault, 'on' | 'headers'>;

interface Word {
  readonly field: FaultField;
  readonly numeric: boolean;
  /** Taken when the word stands without a value. */
  readonly bare?: string | number | boolean;
  /** Set beside the field. */
  readonly also?: Fault;
}

const number = (field: FaultField, also?: Fault): Word => ({ field, numeric: true, ...(also && { also }) });
const text = (field: FaultField): Word => ({ field, numeric: false });
const flag = (field: FaultField, bare: string | boolean): Word => ({ field, numeric: false, bare });

const WORDS: Readonly<Record<string, Word>> = {
  latency: number('latencyMs'),
  'first-token': number('firstTokenMs'),
  tps: number('tokensPerSecond'),
  status: number('status'),
  error: text('error'),
  vendor: text('vendor'),
  'retry-after': text('retryAfter'),
  'retry-after-ms': number('retryAfterMs'),
  rpm: number('rpm'),
  tpm: number('tpm'),
  window: number('contextWindowTokens'),
  reset: flag('connection', 'reset'),
  close: flag('connection', 'close'),
  silence: flag('connection', 'silence'),
  cut: number('cutAfterTokens', { cutHow: 'drop' }),
  end: number('cutAfterTokens', { cutHow: 'end' }),
  'cut-reset': number('cutAfterTokens', { cutHow: 'reset' }),
  stall: number('stallAfterTokens'),
  malformed: number('malformedAfterTokens'),
  'stream-error': number('errorAfterTokens'),
  'no-done': flag('omitDone', true),
  'no-finish': flag('omitFinishReason', true),
  finish: text('finishReason'),
  html: flag('body', 'html'),
  empty: flag('body', 'empty'),
  garbage: flag('body', 'garbage'),
  huge: { field: 'bodyBytes', numeric: true, bare: 64 * 1024 * 1024, also: { body: 'huge' } },
  slow: number('bodyBytesPerSecond'),
  tokens: number('answerTokens'),
};

/** All words, for help texts. */
export const FAULT_WORDS: readonly string[] = Object.keys(WORDS);

/** The fault that one word (`cut=5@2-`) stands for, or `undefined` when it is not a word of this grammar. */
export function faultOfWord(word: string): Fault | undefined {
  const at = word.indexOf('@');
  const on = at < 0 ? undefined : word.slice(at + 1);
  const body = at < 0 ? word : word.slice(0, at);
  const equals = body.indexOf('=');
  const name = equals < 0 ? body : body.slice(0, equals);
  const entry = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  if (entry === undefined) return undefined;
  const given = equals < 0 ? undefined : body.slice(equals + 1);
  const value = given === undefined ? entry.bare : entry.numeric ? Number(given) : given;
  if (value === undefined || given === '') return undefined;
  if (given !== undefined && !entry.numeric && entry.bare !== undefined) return undefined;
  const parsed = faultSchema.safeParse({ ...entry.also, [entry.field]: value, ...(on !== undefined && { on }) });
  return parsed.success ? parsed.data : undefined;
}

/** Faults in a model name, behind `--`. */
export function faultsInModelName(model: string): readonly Fault[] {
  if (!model.includes('--')) return [];
  const faults: Fault[] = [];
  for (const word of model.split('--').slice(1)) {
    const fault = faultOfWord(word);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/** Faults of a `--`-joined list of words (`status=429@1-2--retry-after=3`), or the first word that is none. */
export function parseFaultWords(list: string): readonly Fault[] | { readonly unknownWord: string } {
  const faults: Fault[] = [];
  for (const word of list.split('--')) {
    if (word === '') continue;
    const fault = faultOfWord(word);
    if (fault === undefined) return { unknownWord: word };
    faults.push(fault);
  }
  return faults;
}
