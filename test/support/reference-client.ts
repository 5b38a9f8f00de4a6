// For tests: a plain client of event streams, written on its own so that it can judge the readers. Puts deltas together
// as the client libraries do, and notes what those would stumble over.
import type { StreamEnd, StreamReader } from '../../src/wire/stream-reader.ts';

export interface ReaderRun {
  readonly bytes: Buffer;
  readonly end: StreamEnd;
}

/** Feeds `chunks` to a reader as the relay does; after the end, what the client has got. */
export function runReader(reader: StreamReader, chunks: readonly Uint8Array[]): ReaderRun {
  const written: Buffer[] = [];
  const write = (bytes: string | Uint8Array): void => {
    written.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes));
  };
  for (const chunk of chunks) write(reader.push(chunk));
  const end = reader.end(true);
  write(end.bytes);
  return { bytes: Buffer.concat(written), end };
}

export interface ReferenceEvent {
  readonly name: string;
  readonly data: string;
}

/** Splits a whole event stream; strict about UTF-8. */
export function decodeEvents(bytes: Uint8Array): ReferenceEvent[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  return text
    .split(/(?:\r\n|\r|\n){2}/)
    .map((block) => {
      const lines = block.split(/\r\n|\r|\n/);
      const field = (name: string): string[] =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
      return { name: field('event').at(-1) ?? '', data: field('data').join('\n') };
    })
    .filter((event) => event.data !== '');
}

interface ToolView {
  id: string;
  type: string;
  name: string;
  arguments: string;
}

/** What a client has put together from the events it got (choice 0, but for `finish`). */
export interface ClientView {
  content: string;
  reasoning: string;
  refusal: string;
  readonly tools: ToolView[];
  readonly finish: Record<string, string>;
  /** id, object, created and model of the chunks, as JSON. */
  readonly frames: Set<string>;
  usageChunks: number;
  isDone: boolean;
  /** What client libraries throw on. */
  readonly problems: string[];
}

type Fields = Record<string, unknown>;

export function clientView(events: readonly ReferenceEvent[]): ClientView {
  const view: ClientView = {
    content: '',
    reasoning: '',
    refusal: '',
    tools: [],
    finish: {},
    frames: new Set(),
    usageChunks: 0,
    isDone: false,
    problems: [],
  };
  const roles = new Set<unknown>();
  for (const { data } of events) {
    if (view.isDone) view.problems.push('data after [DONE]');
    if (data === '[DONE]') view.isDone = true;
    else readChunk(view, JSON.parse(data) as Fields, roles);
  }
  return view;
}

function readChunk(view: ClientView, chunk: Fields, roles: Set<unknown>): void {
  if (chunk['type'] === 'response.output_text.delta') view.content += String(chunk['delta']);
  if (!Array.isArray(chunk['choices'])) return;
  const { id, object, created, model } = chunk;
  view.frames.add(JSON.stringify({ id, object, created, model }));
  if (chunk['usage'] !== undefined && chunk['usage'] !== null) {
    view.usageChunks += 1;
    if (chunk['choices'].length > 0) view.problems.push('usage beside choices');
  }
  for (const choice of chunk['choices'] as Fields[]) readChoice(view, choice, roles);
}

function readChoice(view: ClientView, choice: Fields, roles: Set<unknown>): void {
  const { index, finish_reason: reason } = choice;
  if (typeof index !== 'number') view.problems.push('choice without index');
  if (typeof reason === 'string') {
    if (view.finish[String(index)] !== undefined) view.problems.push('second finish_reason');
    view.finish[String(index)] = reason;
  }
  if (index === 0) view.content += asText(choice['text']);
  const delta = choice['delta'] as Fields | undefined;
  if (delta === undefined) {
    if (typeof choice['text'] !== 'string') view.problems.push('neither delta nor text');
    return;
  }
  if (roles.has(index) === 'role' in delta) view.problems.push(`role: ${String(delta['role'])}`);
  if ('role' in delta && delta['role'] !== 'assistant') view.problems.push(`role: ${String(delta['role'])}`);
  roles.add(index);
  if (index !== 0) return;
  view.content += asText(delta['content']);
  view.reasoning += asText(delta['reasoning_content']) + asText(delta['reasoning']);
  view.refusal += asText(delta['refusal']);
  for (const call of (delta['tool_calls'] ?? []) as Fields[]) readToolCall(view, call);
}

function readToolCall(view: ClientView, call: Fields): void {
  const at = call['index'];
  const callFunction = (call['function'] ?? {}) as Fields;
  if (typeof at !== 'number' || at > view.tools.length) {
    view.problems.push(`tool call index ${String(at)}`);
    return;
  }
  const known = view.tools[at];
  if (known === undefined) {
    view.tools.push({
      id: String(call['id']),
      type: String(call['type']),
      name: String(callFunction['name']),
      arguments: String(callFunction['arguments']),
    });
    return;
  }
  if ('id' in call || 'name' in callFunction) view.problems.push('tool call id or name repeated');
  known.arguments += asText(callFunction['arguments']);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
