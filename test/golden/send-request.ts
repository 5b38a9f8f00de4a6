// The client of a replay: one recorded request on a connection of its own, with exactly the headers that were recorded,
// and the answer in the form of the records.
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { ClientAnswer, GoldenRequest, Json, StreamEvent } from './record.ts';

const DEFAULT_TIMEOUT_S = 60;

interface Body {
  readonly text: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends it to 127.0.0.1:`port`. Never rejects: what went wrong is the answer's `problem`, with status 0. */
export function sendRequest(golden: GoldenRequest, port: number): Promise<ClientAnswer> {
  const { text, headers } = bodyOf(golden);
  const method = golden.method ?? (text === undefined ? 'GET' : 'POST');
  return new Promise((resolve) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path: golden.path, headers, agent: false });
    const failed = (error: Error) => resolve({ status: 0, headers: {}, problem: error.message });
    let answering = false;
    // Once the answer has begun, a broken connection is how the answer ended.
    request.on('error', (error) => answering || failed(error));
    request.once('response', (response) => {
      answering = true;
      readAnswer(response, request, golden).then(resolve, failed);
    });
    request.setTimeout((golden.timeout_s ?? DEFAULT_TIMEOUT_S) * 1000, () =>
      request.destroy(new Error('no answer in time')),
    );
    request.end(text);
  });
}

/** Header names compare without case, and the last of two wins, as in the client that recorded. */
function bodyOf(golden: GoldenRequest): Body {
  const text = golden.raw ?? (golden.json === undefined ? undefined : JSON.stringify(golden.json));
  const headers: Record<string, string> = golden.json === undefined ? {} : { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(golden.headers ?? {})) headers[name.toLowerCase()] = value;
  for (const [name, value] of Object.entries(headers)) if (value === '<none>') delete headers[name];
  if (text !== undefined) headers['content-length'] = String(Buffer.byteLength(text));
  return { text, headers };
}

async function readAnswer(
  response: IncomingMessage,
  request: ClientRequest,
  golden: GoldenRequest,
): Promise<ClientAnswer> {
  const timer =
    golden.abort_after_ms === undefined ? undefined : setTimeout(() => request.destroy(), golden.abort_after_ms);
  const chunks: Buffer[] = [];
  let end = 'complete';
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    end = `cut: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
  }
  if (golden.abort_after_ms !== undefined && request.destroyed) end = 'aborted by the client';
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  const text = Buffer.concat(chunks).toString('utf8');
  const status = response.statusCode ?? 0;
  const type = headers['content-type'] ?? '';
  if (type.startsWith('text/event-stream')) return { status, headers, events: readEvents(text), stream_end: end };
  if (type.includes('json')) return { status, headers, ...jsonBody(text) };
  return { status, headers, body_text: text };
}

function jsonBody(text: string): { body: Json } | { body_text: string } {
  try {
    return { body: JSON.parse(text) as Json };
  } catch {
    return { body_text: text };
  }
}

/** Splits a stream into its events. An event that the end of the stream cut off is left out. */
export function readEvents(text: string): StreamEvent[] {
  const events: StreamEvent[] = [];
  for (const block of text.split(/\r?\n\r?\n/).slice(0, -1)) {
    const data: string[] = [];
    const other: string[] = [];
    let name: string | undefined;
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      else if (line.startsWith('event:')) name = line.slice(6).trim();
      else if (line !== '') other.push(line);
    }
    if (data.length === 0) continue;
    events.push({
      data: jsonOrText(data.join('\n')),
      ...(name === undefined ? {} : { event: name }),
      ...(other.length === 0 ? {} : { other }),
    });
  }
  return events;
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
