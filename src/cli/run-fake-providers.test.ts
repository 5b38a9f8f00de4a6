import { expect, test } from 'vitest';
import { runFakeProviders } from './run-fake-providers.ts';

const run = { ports: [0], host: '127.0.0.1', faults: [], vendor: undefined, answers: undefined };

test('one server on each port, with the faults of the command line', async () => {
  const running = await runFakeProviders({ ...run, ports: [0, 0], faults: ['m:status=503', 'm:retry-after=2'] });
  if ('mistake' in running) throw new Error(running.mistake);
  expect(running.providers).toHaveLength(2);
  for (const { url } of running.providers) {
    expect(running.text).toContain(url);
    const body = JSON.stringify({ model: 'm', messages: [] });
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
  }
  await running.close();
});

test.each([
  [{ vendor: 'acme' }, '--vendor is one of openai, azure, tgi, vllm, anthropic'],
  [{ answers: 'rude' }, '--answers is one of deterministic, sampled, introduction'],
  [{ faults: ['status=503'] }, '--fault takes MODEL:WORDS, not "status=503"'],
  [{ faults: ['m:gremlins'] }, '--fault: m: unknown fault word "gremlins"'],
])('%j is a mistake', async (changes, message) => {
  const running = await runFakeProviders({ ...run, ...changes });
  expect('mistake' in running ? running.mistake : '').toContain(message);
});

test('when one port is taken, the others are free again', async () => {
  const first = await runFakeProviders(run);
  if ('mistake' in first) throw new Error(first.mistake);
  const taken = first.providers[0]?.port ?? 0;
  await expect(runFakeProviders({ ...run, ports: [0, taken] })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await first.close();
});
