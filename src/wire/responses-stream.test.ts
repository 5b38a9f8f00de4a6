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

const ERROR = { message: 'm', type: 't', param: null, code: 'c' };

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
    const [error] = decodeEvents(Buffer.from(reader.errorEvent(ERROR), 'latin1'));
    expect(error?.name).toBe('error');
    expect(JSON.parse(error?.data ?? '')).toEqual({
      type: 'error',
      code: 'c',
      message: 'm',
      param: null,
      sequence_number: 2,
    });
  });

  it('does not count an error that the client never sees', () => {
    const reader = new ResponsesStream(OPTIONS);
    const error = event('error', { code: 'server_error', message: 'x', param: null, sequence_number: 2 });
    reader.push(Buffer.from(CREATED + DELTA + error));
    expect(reader.inBandError?.payload).toMatchObject({ error: { code: 'server_error' } });
    expect(reader.errorEvent(ERROR)).toContain('"sequence_number":2}');
  });

  it('takes a failed response for an error, and tells it as the provider does', () => {
    const response = { id: 'r1', model: 'up', error: { code: 'server_error', message: 'x' } };
    const failed = event('response.failed', { response, sequence_number: 2 });
    const reader = new ResponsesStream(OPTIONS);
    const { end } = runReader(reader, [Buffer.from(CREATED + DELTA + failed)]);
    expect([end.kind, reader.isTerminated]).toEqual(['cut', false]);
    expect(reader.inBandError).toEqual({ payload: { error: response.error } });
    const [last] = decodeEvents(Buffer.from(reader.errorEvent(ERROR), 'latin1'));
    expect(last?.name).toBe('response.failed');
    expect(JSON.parse(last?.data ?? '')).toEqual({
      type: 'response.failed',
      response: { ...response, id: 'enc-r1', model: 'shown' },
      sequence_number: 2,
    });
  });

  it('leaves the text of a failed response as it came where nothing has to change', () => {
    const failed = 'event: response.failed\ndata: {"type":"response.failed", "response":{"error":{"code":"x"}}}\n\n';
    const reader = new ResponsesStream({ ...OPTIONS, model: undefined, rewriteResponseId: undefined });
    reader.push(Buffer.from(CREATED + DELTA + failed));
    expect(reader.errorEvent(ERROR)).toBe(failed);
  });

  it('tells a failure before any content as an ordinary error', () => {
    const failed = event('response.failed', {
      response: { error: { code: 'rate_limit_exceeded' } },
      sequence_number: 1,
    });
    const reader = new ResponsesStream(OPTIONS);
    expect(reader.push(Buffer.from(CREATED + failed))).toBe('');
    expect(reader.inBandError).toEqual({ payload: { error: { code: 'rate_limit_exceeded' } } });
    expect(reader.errorEvent(ERROR)).toContain('event: error\n');
  });

  it('says in the last response what has changed since the headers', () => {
    const reader = new ResponsesStream({ ...OPTIONS, finishNote: () => ({ deployment: 'd1' }) });
    const { bytes } = runReader(reader, [Buffer.from(CREATED + DELTA + COMPLETED)]);
    const notes = decodeEvents(bytes).map(({ data }) => {
      return (JSON.parse(data) as { response?: { loadstone?: unknown } }).response?.loadstone;
    });
    expect(notes).toEqual([undefined, undefined, { deployment: 'd1' }]);
  });

  it.each(['response.completed', 'response.incomplete'])('is whole with %s', (type) => {
    const { end } = runReader(new ResponsesStream(OPTIONS), [Buffer.from(CREATED + DELTA + event(type, {}))]);
    expect(end.kind).toBe('complete');
  });

  it.each(['', 'data: [DONE]\n\n', event('response.output_text.done', {}), event('response.output_item.done', {})])(
    'was cut when it ends with %j',
    (ending) => {
      const { end } = runReader(new ResponsesStream(OPTIONS), [Buffer.from(CREATED + DELTA + ending)]);
      expect(end).toMatchObject({ kind: 'cut', message: 'the stream ended before its terminal event' });
    },
  );
});
