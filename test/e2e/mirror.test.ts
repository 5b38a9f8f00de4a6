// silent_model: copies of requests go to another group, and no client ever notices, over real HTTP.
import { expect, test } from 'vitest';
import type { FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import type { TestGateway } from '../support/start-gateway.ts';
import { openGateway, openProvider, opened } from '../support/opened.ts';
import { startHeldUpstream } from '../support/held-upstream.ts';

function entry(group: string, url: string, more: Readonly<Record<string, unknown>> = {}): string {
  const params = { model: `openai/${group}`, api_base: `${url}/v1`, api_key: 'sk-up', ...more };
  return `- {model_name: ${group}, litellm_params: ${JSON.stringify(params)}, model_info: {id: ${group}-1}}`;
}

function chat(url: string, body: Readonly<Record<string, unknown>>): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
}

function models({ requests }: FakeProvider): string[] {
  return inOrder(requests.map(({ model }) => String(model)));
}

function inOrder(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => a.localeCompare(b));
}

function mirrorLines({ lines }: TestGateway): Record<string, unknown>[] {
  return lines().filter((line) => line['mirror'] === true);
}

test.for([false, true])(
  'a request is copied once to each group, with the prompt and the form it has (stream: %s)',
  async (stream) => {
    const [main, shadow] = [await openProvider(), await openProvider()];
    const started = await openGateway([
      entry('g', main.url, { silent_model: ['s1', 's2', 's1'] }),
      entry('s1', shadow.url),
      entry('s2', shadow.url),
    ]);
    const answer = await chat(started.url, { model: 'g', stream });
    expect(answer.headers.get('x-litellm-model-id')).toBe('g-1');
    await answer.text();
    await expect.poll(() => models(shadow)).toEqual(['s1', 's2']);
    expect(models(main)).toEqual(['g']);
    expect(shadow.requests.map(({ body }) => body)).toMatchObject([
      { messages: [{ role: 'user', content: 'hello' }] },
      { messages: [{ role: 'user', content: 'hello' }] },
    ]);
    await expect.poll(() => inOrder(mirrorLines(started).map((line) => String(line['model'])))).toEqual(['s1', 's2']);
    expect(mirrorLines(started)[0]).toMatchObject({ status: 200, attempts: 1, msg: 'request' });
    const metrics = await (await fetch(`${started.url}/metrics`)).text();
    expect(metrics).toMatch(/loadstone_mirrored_requests_total\{requested_model="s1",status_code="200"\} 1\b/);
    expect(metrics).not.toMatch(/litellm_proxy_total_requests_metric_total\{[^}]*requested_model="s1"/);
    expect(metrics).toMatch(/litellm_deployment_success_responses_total\{[^}]*model_id="s1-1"[^}]*\} 1\b/);
  },
);

test('a mirror that fails or hangs changes nothing for the client, and is never mirrored itself', async () => {
  const [main, bad] = [await openProvider(), await openProvider()];
  const held = await startHeldUpstream();
  opened(held);
  bad.setFaults({ '*': { status: 500 } });
  const started = await openGateway([
    entry('g', main.url, { silent_model: ['bad', 'stuck', 'nobody'] }),
    entry('bad', bad.url, { silent_model: 'g' }),
    entry('stuck', held.url),
  ]);
  const answer = await chat(started.url, { model: 'g' });
  expect(answer.status).toBe(200);
  await answer.text();
  await expect.poll(() => held.held()).toBe(1);
  await expect
    .poll(() => inOrder(mirrorLines(started).map((line) => `${String(line['model'])} ${String(line['status'])}`)))
    .toEqual(['bad 500', 'nobody 400']);
  expect(models(main)).toEqual(['g']);
  // Draining does not wait for the one that hangs.
  await started.drain();
  const stuck = (): unknown => mirrorLines(started).find((line) => line['model'] === 'stuck');
  await expect.poll(stuck).toMatchObject({ msg: 'client left' });
});

test('a retry on the same deployment is not copied again', async () => {
  const [main, shadow] = [await openProvider(), await openProvider()];
  main.setFaults({ '*': { status: 500, on: '1' } });
  const started = await openGateway(
    [entry('g', main.url, { silent_model: 's' }), entry('s', shadow.url)],
    '{num_retries: 1, retry_after: 0}',
  );
  const answer = await chat(started.url, { model: 'g' });
  expect(answer.headers.get('x-litellm-attempted-retries')).toBe('1');
  await answer.text();
  await expect.poll(() => mirrorLines(started)).toHaveLength(1);
  expect(models(shadow)).toEqual(['s']);
});

test('of more than 100 at one time the others are dropped and counted', async () => {
  const main = await openProvider();
  const held = await startHeldUpstream();
  opened(held);
  const started = await openGateway([entry('g', main.url, { silent_model: 's' }), entry('s', held.url)]);
  await Promise.all(Array.from({ length: 103 }, async () => (await chat(started.url, { model: 'g' })).text()));
  await expect.poll(() => held.held()).toBe(100);
  await expect.poll(() => mirrorLines(started).filter((line) => line['status'] === 503)).toHaveLength(3);
  const metrics = await (await fetch(`${started.url}/metrics`)).text();
  expect(metrics).toMatch(/loadstone_mirrored_requests_total\{requested_model="s",status_code="503"\} 3\b/);
  held.release();
  await expect.poll(() => mirrorLines(started)).toHaveLength(103);
  await (await chat(started.url, { model: 'g' })).text();
  await expect.poll(() => mirrorLines(started)).toHaveLength(104);
});
