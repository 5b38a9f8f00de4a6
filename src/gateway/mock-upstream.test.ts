import type { Dispatcher } from 'undici';
import { expect, test } from 'vitest';
import { createClock } from '../upstream/clock.ts';
import { MockUpstream } from './mock-upstream.ts';

/** Notes what it is told; `onPiece` may act on the exchange. */
class Listener implements Dispatcher.DispatchHandler {
  readonly heard: string[] = [];
  readonly #onPiece: (piece: string, controller: Dispatcher.DispatchController) => void;

  constructor(onPiece: (piece: string, controller: Dispatcher.DispatchController) => void = () => undefined) {
    this.#onPiece = onPiece;
  }

  onRequestStart(): void {
    this.heard.push('start');
  }

  onRequestSent(): void {
    this.heard.push('sent');
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.heard.push(String(status));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.heard.push(chunk.toString());
    this.#onPiece(chunk.toString(), controller);
  }

  onResponseEnd(): void {
    this.heard.push('end');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.heard.push(`error ${error.message}`);
  }
}

const answer = { status: 200, contentType: 'text/event-stream', pieces: ['a', 'b', 'c'] };

function upstream(): MockUpstream {
  return new MockUpstream(answer, 0, createClock());
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

test('tells an answer in the order that undici does, not before the caller has gone on', async () => {
  const listener = new Listener();
  upstream().dispatch({}, listener);
  expect(listener.heard).toEqual(['start', 'sent']);
  await turn();
  expect(listener.heard).toEqual(['start', 'sent', '200', 'a', 'b', 'c', 'end']);
});

test('waits while its reader does', async () => {
  let paused: Dispatcher.DispatchController | undefined;
  const listener = new Listener((piece, controller) => {
    if (piece !== 'b') return;
    paused = controller;
    controller.pause();
  });
  upstream().dispatch({}, listener);
  await turn();
  expect(listener.heard.slice(2)).toEqual(['200', 'a', 'b']);
  expect(paused?.paused).toBe(true);
  paused?.resume();
  paused?.resume();
  expect(listener.heard.slice(2)).toEqual(['200', 'a', 'b', 'c', 'end']);
});

test('says nothing more once it is aborted', async () => {
  const listener = new Listener((_piece, controller) => controller.abort(new Error('enough')));
  upstream().dispatch({}, listener);
  await turn();
  expect(listener.heard.slice(2)).toEqual(['200', 'a']);
});

test('hands back what its reader throws, as undici does', async () => {
  const listener = new Listener(() => {
    throw new Error('unreadable');
  });
  upstream().dispatch({}, listener);
  await turn();
  expect(listener.heard.slice(2)).toEqual(['200', 'a', 'error unreadable']);
});

test('without an answer the request is taken and nothing comes', async () => {
  const listener = new Listener();
  new MockUpstream(undefined, 0, createClock()).dispatch({}, listener);
  await turn();
  expect(listener.heard).toEqual(['start', 'sent']);
});
