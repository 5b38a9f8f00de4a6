import { describe, expect, it } from 'vitest';
import { decodeEvents, runReader } from '../../test/support/reference-client.ts';
import { ResponsesStream } from './responses-stream.ts';
import type { StreamReaderOptions } from './stream-reader.ts';

const OPTIONS: StreamReaderOptions = {
  model: 'shown',
  includeUsage: false,
  fallbackId: 'c',
  createdSeconds: 1,
  rewriteResponseId: (id) => `enc-${id}`,
};

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}

const CREATED = event('response.created', {
  response: { id: 'r1', model: 'up', previous_response_id: 'r0' },
  sequence_number: 0,
});
const DELTA = event('response.output_text.delta', { item_id: 'msg', delta: 'h\u00e9llo', sequence_number: 1 });
const COMPLETED = event('response.completed', { response: { id: 'r1', model: 'up' }, sequence_number: 2 });

describe('ResponsesStream', () => {
  it('rewrites ids and model of every lifecycle event and nothing else', () => {
    const { bytes } = runReader(new ResponsesStream(OPTIONS), [Buffer.from(CREATED + DELTA + COMPLETED)]);
    const events = decodeEvents(bytes).map(({ name, data }) => ({ name, value: JSON.parse(data) as unknown }));
    expect(events).toMatchObject([
      {
        name: 'response.created',
        value: { response: { id: 'enc-r1', model: 'shown', previous_response_id: 'enc-r0' } },
      },
      { name: 'response.output_text.delta', value: { item_id: 'msg', delta: 'héllo' } },
      { name: 'response.completed', value: { response: { id: 'enc-r1', model: 'shown' } } },
    ]);
  });

  it('forwards an event without a response object byte for byte', () => {
    const reader = new ResponsesStream(OPTIONS);
    reader.push(Buffer.from(CREATED));
    const delta = DELTA.replace('"delta":', '"logprob":-1.0e-07, "delta":');
    expect(Buffer.from(reader.push(Buffer.from(delta)), 'latin1').toString()).toContain(delta);
  });

  it('holds back what only promises an answer', () => {
    const reader = new ResponsesStream(OPTIONS);
    expect(reader.push(Buffer.from(CREATED))).toBe('');
    expect(reader.hasContent).toBe(false);
    expect(reader.push(Buffer.from(DELTA))).toContain('response.created');
    expect(reader.hasContent).toBe(true);
  });

  it('numbers its error event after the last one', () => {
    const reader = new ResponsesStream(OPTIONS);
    reader.push(Buffer.from(CREATED + DELTA));
    const [error] = decodeEvents(
      Buffer.from(reader.errorEvent({ message: 'm', type: 't', param: null, code: 'c' }), 'latin1'),
    );
    expect(error?.name).toBe('error');
    expect(JSON.parse(error?.data ?? '')).toEqual({
      type: 'error',
      code: 'c',
      message: 'm',
      param: null,
      sequence_number: 2,
    });
  });
});
