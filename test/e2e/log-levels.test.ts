// How loud the log is: a gateway that does its work must not wake anybody.
import { afterEach, expect, it } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const INFO = 30;
const WARN = 40;
const ERROR = 50;

let provider: FakeProvider | undefined;
let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.drain();
  await provider?.close();
});

it.each([
  ['an answer is information', 'm', {}, INFO],
  ["a client's mistake is a warning", 'nobody', {}, WARN],
  ['a 429 is a warning', 'm', { status: 429, retryAfter: 60 }, WARN],
  ['a 500 is an error', 'm', { status: 500 }, ERROR],
  ['a stream that breaks is an error', 'm', { cutAfterTokens: 2 }, ERROR],
])('%s', async (_, model, fault, level) => {
  provider = await startFakeProvider({ faults: { m: fault }, answerTokens: 10 });
  const params = `{model: openai/m, api_base: "${provider.url}/v1", api_key: k}`;
  const settings = 'router_settings: {num_retries: 0}';
  const started = await startGateway(`model_list: [{model_name: m, litellm_params: ${params}}]\n${settings}`);
  gateway = started;
  const body = JSON.stringify({
    model,
    stream: 'cutAfterTokens' in fault,
    messages: [{ role: 'user', content: 'hi' }],
  });
  const headers = { 'content-type': 'application/json' };
  await (await fetch(`${started.url}/v1/chat/completions`, { method: 'POST', headers, body })).text();
  const levels = () => started.lines().flatMap((line) => (line['attempts'] === undefined ? [] : [line['level']]));
  await expect.poll(levels).toEqual([level]);
});
