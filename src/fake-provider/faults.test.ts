// Faults as a client sees them on the wire.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeProvider } from './fake-provider.ts';
import type { FakeProvider } from './fake-provider.ts';

let provider: FakeProvider;
/** Every wait that was asked for, in milliseconds; none is waited for. */
let waitsMs: number[] = [];
let nowMs = 0;

const clock = {
  now: () => nowMs,
  random: () => 0.5,
  after: (ms: number, callback: () => void) => {
    waitsMs.push(ms);
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};

beforeAll(async () => {
  provider = await startFakeProvider({ clock });
});
beforeEach(() => {
  provider.reset();
  waitsMs = [];
  nowMs = 0;
});
afterAll(() => provider.close());

interface Asked {
  readonly stream?: boolean;
  readonly path?: string;
  readonly signal?: AbortSignal;
}

function ask(model: string, { stream = false, path = '/v1/chat/completions', signal }: Asked = {}): Promise<Response> {
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hi' }] });
  const headers = { 'content-type': 'application/json' };
  return fetch(provider.url + path, { method: 'POST', headers, body, ...(signal && { signal }) });
}

function azurePath(deployment: string): string {
  return `/openai/deployments/${encodeURIComponent(deployment)}/chat/completions?api-version=2024-10-21`;
}

function waitUntil(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => (condition() ? resolve() : setImmediate(look));
    look();
  });
}

describe('failures', () => {
  test.each([
    ['status=429', 429, null],
    ['status=429--retry-after=3', 429, '3'],
    ['status=500', 500, null],
    ['status=503', 503, null],
    ['status=529', 529, null],
    ['error=context-length', 400, null],
  ])('%s', async (words, status, retryAfter) => {
    const response = await ask(`m--${words}`, { stream: true });
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toHaveProperty('error');
  });

  test('are worded by the vendor of the path, or by the one asked for', async () => {
    const azure = await ask('', { path: azurePath('d--error=content-filter') });
    expect(await azure.json()).toMatchObject({ error: { innererror: { code: 'ResponsibleAIPolicyViolation' } } });
    const vllm = await ask('m--error=context-length--vendor=vllm');
    expect(await vllm.json()).toMatchObject({ object: 'error', code: 400 });
  });

  test('hold for the requests that they name', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 4; index++) statuses.push((await ask('m--status=500@2-3')).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  test('a beginning of the answer can be refused', async () => {
    provider.setFaults({ m: { rejectPrefill: true } });
    const status = async (role: string): Promise<number> => {
      const body = JSON.stringify({ model: 'm', messages: [{ role, content: 'hi' }] });
      return (await fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body })).status;
    };
    expect([await status('user'), await status('assistant')]).toEqual([200, 400]);
  });

  test('of a redirect carry its target', async () => {
    provider.setFaults({ m: { status: 307, headers: { location: 'http://127.0.0.1:1/' } } });
    const body = JSON.stringify({ model: 'm', messages: [] });
    const init = { method: 'POST', body, redirect: 'manual' } as const;
    const response = await fetch(`${provider.url}/v1/chat/completions`, init);
    expect([response.status, response.headers.get('location')]).toEqual([307, 'http://127.0.0.1:1/']);
  });
});

describe('limits', () => {
  test('let rpm requests through in a minute and say when to come back', async () => {
    provider.setFaults({ m: { rpm: 2 } });
    const first = await ask('m');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    nowMs = 10_000;
    await ask('m');
    const refused = await ask('m');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '50']);
    nowMs = 60_000;
    expect((await ask('m')).status).toBe(200);
    expect((await ask('m')).status).toBe(429);
  });

  test('count tokens as prompt plus what may be generated', async () => {
    provider.setFaults({ m: { tpm: 25 } });
    expect((await ask('m')).status).toBe(200);
    const refused = await ask('m');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { type: 'tokens', code: 'rate_limit_exceeded' } });
  });

  test("are told in Azure's number format, and not at all by TGI", async () => {
    provider.setFaults({ '*': { rpm: 1 } });
    await ask('', { path: azurePath('d') });
    const azure = await ask('', { path: azurePath('d') });
    expect(azure.headers.get('x-ratelimit-reset-requests')).toBe('60');
    await ask('org/m');
    const tgi = await ask('org/m');
    expect([tgi.status, tgi.headers.get('retry-after')]).toEqual([429, null]);
  });

  test('of a context window refuse longer prompts', async () => {
    expect((await ask('m--window=3')).status).toBe(400);
    expect((await ask('m--window=4')).status).toBe(200);
  });
});

describe('time', () => {
  test('latency comes before the headers, time to first token before the first event, pace between tokens', async () => {
    const response = await ask('m--latency=200--first-token=300--tps=10--tokens=3', { stream: true });
    await response.text();
    expect(waitsMs).toEqual([200, 300, 100, 200, 300]);
  });

  test('a slow body is sent in slices that take their time', async () => {
    const whole = await (await ask('m')).text();
    waitsMs = [];
    const slow = await (await ask('m--slow=1000')).text();
    expect(slow.length).toBe(whole.length + 'm--slow=1000'.length - 1);
    expect(new Set(waitsMs.slice(0, -1))).toEqual(new Set([100]));
    expect(waitsMs.length).toBe(Math.ceil(slow.length / 100));
  });
});

describe('connections', () => {
  test.each(['reset', 'close'])('%s: no answer at all', async (word) => {
    await expect(ask(`m--${word}`)).rejects.toThrow('fetch failed');
    expect(provider.requests[0]).toMatchObject({ status: 0, clientHungUp: false });
  });

  test('silence lasts until the client gives up, and that is recorded', async () => {
    const controller = new AbortController();
    const asked = ask('m--silence', { signal: controller.signal });
    await waitUntil(() => provider.requests.length === 1);
    controller.abort();
    await expect(asked).rejects.toThrow('aborted');
    await waitUntil(() => provider.requests[0]?.isFinished === true);
    expect(provider.requests[0]).toMatchObject({ status: 0, clientHungUp: true });
  });

  test('a plain answer breaks off in the middle of its body', async () => {
    const response = await ask('m--cut=3');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

/** Contents of the deltas that arrived, and how the stream ended. */
async function readStream(model: string): Promise<{ tokens: number; text: string; end: 'clean' | 'broken' }> {
  const response = await ask(model, { stream: true });
  const decoder = new TextDecoder();
  let text = '';
  let end: 'clean' | 'broken' = 'clean';
  try {
    if (response.body !== null)
      for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
  } catch {
    end = 'broken';
  }
  return { tokens: text.split('"delta":{"content":"').length - 1, text, end };
}

describe('streams', () => {
  test.each([
    ['cut=3', 'broken'],
    ['cut-reset=3', 'broken'],
    ['end=3', 'clean'],
  ] as const)('%s: three tokens, then the end', async (word, end) => {
    const stream = await readStream(`m--${word}`);
    expect(stream).toMatchObject({ tokens: 3, end });
    expect(stream.text).not.toContain('[DONE]');
    expect(stream.text).not.toContain('"finish_reason":"stop"');
    expect(provider.requests[0]).toMatchObject({ tokensSent: 3, clientHungUp: false });
  });

  test('a stall sends nothing more until the client leaves', async () => {
    const controller = new AbortController();
    const response = await ask('m--stall=2', { stream: true, signal: controller.signal });
    await waitUntil(() => provider.requests[0]?.tokensSent === 2);
    controller.abort();
    await expect(response.text()).rejects.toThrow('aborted');
    await waitUntil(() => provider.requests[0]?.isFinished === true);
    expect(provider.requests[0]).toMatchObject({ tokensSent: 2, clientHungUp: true });
  });

  test.each([2, 24])('a malformed event stands after token %i, once, and the rest follows', async (after) => {
    const { text } = await readStream(`m--malformed=${after}`);
    const broken = text.split('\n\n').filter((event) => {
      const data = event.slice(6);
      if (data === '' || data === '[DONE]') return false;
      try {
        JSON.parse(data);
        return false;
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
    expect(text).toContain('[DONE]');
  });

  test('an error in the stream ends it cleanly and without an end marker', async () => {
    const { text, tokens, end } = await readStream('m--stream-error=2');
    expect([tokens, end]).toEqual([2, 'clean']);
    expect(text.trimEnd().split('\n\n').at(-1)).toContain('{"error":{');
  });

  test('the error can be another of the words of the vendor', async () => {
    provider.setFaults({ m: { errorAfterTokens: 2, streamError: 'content-filter' } });
    const { text } = await readStream('m');
    expect(text.trimEnd().split('\n\n').at(-1)).toContain('"code":"content_policy_violation"');
  });

  test.each([
    ['cut', 'broken'],
    ['error', 'clean'],
  ] as const)('before its first event: %s', async (breakHow, end) => {
    provider.setFaults({ m: { breakAt: 'headers', breakHow } });
    const stream = await readStream('m');
    expect(stream).toMatchObject({ tokens: 0, end });
    expect(stream.text.includes('"error"')).toBe(breakHow === 'error');
    expect(stream.text).not.toContain('"role"');
  });

  test.each([
    ['cut', 'broken'],
    ['error', 'clean'],
  ] as const)('behind the finish reason: %s', async (breakHow, end) => {
    provider.setFaults({ m: { breakAt: 'finish', breakHow } });
    const stream = await readStream('m');
    expect(stream).toMatchObject({ tokens: 24, end });
    expect(stream.text).toContain('"finish_reason":"stop"');
    expect(stream.text).not.toContain('[DONE]');
  });

  test('a stall may end, and the stream goes on', async () => {
    provider.setFaults({ m: { stallAfterTokens: 2, stallMs: 700 } });
    expect((await readStream('m')).text).toContain('[DONE]');
    expect(waitsMs).toEqual([700]);
  });

  test('the end marker and the finish reason can be missing', async () => {
    expect((await readStream('m--no-done')).text).not.toContain('[DONE]');
    const { text } = await readStream('m--no-finish');
    expect(text).not.toContain('"finish_reason":"stop"');
    expect(text).toContain('[DONE]');
  });

  test('the finish reason can be another', async () => {
    expect((await readStream('m--finish=content_filter')).text).toContain('"finish_reason":"content_filter"');
  });
});

describe('bodies that are not what was asked for', () => {
  test('an HTML page, with the status of the failure', async () => {
    const response = await ask('m--html--status=502', { stream: true });
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toContain('<html>');
  });

  test('nothing, and no JSON', async () => {
    const empty = await ask('m--empty');
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    const garbage = await ask('m--garbage');
    expect(garbage.status).toBe(200);
    await expect(garbage.json()).rejects.toThrow(SyntaxError);
  });

  test('a huge one that is still JSON', async () => {
    const text = await (await ask('m--huge=3000000')).text();
    expect(text.length).toBe(3_000_000);
    expect(JSON.parse(text)).toHaveProperty('choices');
  });
});

test('closing ends running requests', async () => {
  const other = await startFakeProvider();
  const body = JSON.stringify({ model: 'm--silence', messages: [] });
  const asked = fetch(`${other.url}/v1/chat/completions`, { method: 'POST', body });
  const failure = asked.catch((error: unknown) => error);
  await waitUntil(() => other.requests.length === 1);
  await other.close();
  expect(await failure).toMatchObject({ message: 'fetch failed' });
});

test('the log keeps the newest requests and counts all', async () => {
  const other = await startFakeProvider({ keepRequests: 10 });
  const body = JSON.stringify({ model: 'm', messages: [] });
  for (let index = 0; index < 15; index++) {
    await (await fetch(`${other.url}/v1/chat/completions`, { method: 'POST', body })).text();
  }
  expect(other.requests).toHaveLength(10);
  expect(other.requests.at(-1)?.number).toBe(15);
  await other.close();
});
