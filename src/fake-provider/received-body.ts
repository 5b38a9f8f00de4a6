// Reads a request body and says what it is: JSON, a form, nothing, or something that is neither.
import type { IncomingMessage } from 'node:http';
import { multipartBoundary, parseMultipart } from './multipart.ts';
import type { MultipartFile } from './multipart.ts';
import { isRecord } from './reply.ts';

export interface ReceivedBody {
  readonly bytes: number;
  /** JSON object or the fields of a form; empty when there was no body. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly files: readonly MultipartFile[];
  /** What to record: JSON as it was, form fields, or the text. */
  readonly shown: unknown;
  readonly isUnreadable: boolean;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads to the end; `undefined` when the client went away before that. */
export async function receiveBody(request: IncomingMessage): Promise<ReceivedBody | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const bytes = whole.length;
  if (bytes === 0) return { bytes, fields: {}, files: [], shown: undefined, isUnreadable: false };
  const boundary = multipartBoundary(request.headers['content-type'] ?? '');
  if (boundary !== undefined) {
    const form = parseMultipart(whole, boundary);
    const shown = { ...form.fields, files: form.files };
    return { bytes, fields: form.fields, files: form.files, shown, isUnreadable: false };
  }
  const text = whole.toString('utf8');
  const json = jsonOf(text);
  const isUnreadable = !isRecord(json);
  return { bytes, fields: isRecord(json) ? json : {}, files: [], shown: json ?? text, isUnreadable };
}
