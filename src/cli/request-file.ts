// The request that `loadstone explain` is asked about: the body alone, or `{path, headers, body}`; flags win.
import { readJsonBody } from '../wire/json-body.ts';
import type { ExplainArguments } from './parse-arguments.ts';

export interface RequestFile {
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const DEFAULT_PATH = '/v1/chat/completions';

export function readRequestFile(
  text: string | undefined,
  { requestFile, path, headers }: Pick<ExplainArguments, 'requestFile' | 'path' | 'headers'>,
): RequestFile | { readonly mistake: string } {
  const name = requestFile === '-' ? 'standard input' : requestFile;
  if (text === undefined) return { mistake: `${name} cannot be read` };
  const whole = readJsonBody([Buffer.from(text)]);
  if ('kind' in whole) return { mistake: `${name}: ${whole.message}` };
  const body = whole.get('body');
  const isEnvelope = isRecord(body) && !whole.has('model');
  const ownPath = isEnvelope ? whole.get('path') : undefined;
  const ownHeaders = isEnvelope ? whole.get('headers') : undefined;
  return {
    path: path ?? (typeof ownPath === 'string' ? ownPath : DEFAULT_PATH),
    headers: {
      ...lowerCased(isRecord(ownHeaders) ? Object.entries(ownHeaders) : []),
      ...lowerCased(headers.map(split)),
    },
    body: Buffer.from(isEnvelope ? JSON.stringify(body) : text),
  };
}

function split(header: string): [string, string] {
  const colon = header.indexOf(':');
  return [header.slice(0, colon), header.slice(colon + 1).trim()];
}

function lowerCased(entries: readonly (readonly [string, unknown])[]): Record<string, string> {
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
