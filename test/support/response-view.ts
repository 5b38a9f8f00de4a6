// For tests: a plain client of Responses streams. Puts the answer together as the client libraries do, and notes what
// those refuse: changing ids, gaps in the numbers, items and parts out of order, an end that says another text.
import type { ReferenceEvent } from './reference-client.ts';

type Fields = Record<string, unknown>;

export interface ResponseView {
  readonly types: string[];
  /** Joined deltas. */
  text: string;
  /** The response object of the last event, if that was a terminal one. */
  final: Fields | undefined;
  /** The `error` event. */
  error: Fields | undefined;
  /** `id`, `created_at`, `model` and `previous_response_id` of the response objects, as JSON. */
  readonly identities: Set<string>;
  readonly itemIds: Set<unknown>;
  readonly problems: string[];
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];

export function responseView(events: readonly ReferenceEvent[]): ResponseView {
  const view: ResponseView = {
    types: [],
    text: '',
    final: undefined,
    error: undefined,
    identities: new Set(),
    itemIds: new Set(),
    problems: [],
  };
  for (const { name, data } of events) {
    const event = JSON.parse(data) as Fields;
    if (event['type'] !== name) view.problems.push(`${name}: type ${String(event['type'])}`);
    if (view.final !== undefined || view.error !== undefined) view.problems.push(`${name} after the end`);
    if (event['sequence_number'] !== view.types.length)
      view.problems.push(`${name}: number, want ${view.types.length}`);
    view.types.push(name);
    readEvent(view, name, event);
  }
  return view;
}

function readEvent(view: ResponseView, name: string, event: Fields): void {
  const response = event['response'] as Fields | undefined;
  if (response !== undefined) view.identities.add(identityOf(response));
  const itemId = event['item_id'] ?? (event['item'] as Fields | undefined)?.['id'];
  if (itemId !== undefined) view.itemIds.add(itemId);
  if (name === 'error') view.error = event;
  else if (name === 'response.output_text.delta') view.text += String(event['delta']);
  else if (name === 'response.output_text.done') expectText(view, name, event['text']);
  else if (name === 'response.content_part.done') expectText(view, name, (event['part'] as Fields)['text']);
  else if (TERMINAL.includes(name) && response !== undefined) readFinal(view, name, response);
}

function readFinal(view: ResponseView, name: string, response: Fields): void {
  view.final = response;
  for (const item of (response['output'] ?? []) as Fields[]) {
    view.itemIds.add(item['id']);
    const [part] = (item['content'] ?? []) as Fields[];
    if (name === 'response.completed' && part !== undefined) expectText(view, name, part['text']);
  }
}

function expectText(view: ResponseView, name: string, text: unknown): void {
  if (text !== view.text) view.problems.push(`${name}: ${JSON.stringify(text)}, had ${JSON.stringify(view.text)}`);
}

function identityOf(response: Fields): string {
  const { id, created_at, model, previous_response_id } = response;
  return JSON.stringify([id, created_at, model, previous_response_id]);
}
