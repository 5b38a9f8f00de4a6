import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startFakeProvider } from '../fake-provider/fake-provider.ts';
import type { FakeProvider } from '../fake-provider/fake-provider.ts';
import { probe } from './probe.ts';

let proxy: FakeProvider;
let lines: string[] = [];

beforeAll(async () => {
  proxy = await startFakeProvider();
});
beforeEach(() => {
  proxy.reset();
  lines = [];
});
afterAll(() => proxy.close());

function run(what: 'test' | 'health', url: string, model?: string): Promise<0 | 1> {
  return probe({ what, url, model, key: 'sk-probe', print: (line) => lines.push(line) });
}

test('a test asks plainly and as a stream, with the key', async () => {
  expect(await run('test', proxy.url)).toBe(0);
  expect(proxy.requests.map((request) => request.model)).toEqual(['gpt-3.5-turbo', 'gpt-3.5-turbo']);
  expect(proxy.requests[0]?.headers['authorization']).toBe('Bearer sk-probe');
  expect(lines.join('\n')).toContain('chat.completion.chunk');
  expect(lines.join('\n')).not.toContain('sk-probe');
});

test.each(['status=503', 'no-done', 'cut=2@2-', 'cut=2@1', 'empty'])(
  'a test of a proxy with %s fails',
  async (words) => {
    proxy.setFaults({ 'gpt-4o': words });
    expect(await run('test', proxy.url, 'gpt-4o')).toBe(1);
  },
);

test('health is what the proxy says', async () => {
  expect(await run('health', proxy.url)).toBe(0);
  proxy.setFaults({ '*': { status: 503 } });
  expect(await run('health', proxy.url)).toBe(1);
});

test('nobody there is one line', async () => {
  const closed = await startFakeProvider();
  await closed.close();
  expect(await run('health', closed.url)).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`no proxy answers at ${closed.url}`);
});
