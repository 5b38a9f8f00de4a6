// How real requests are spread over a group, and what its limits let through: the picks of the core, seen from outside.
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { chiSquare, CHI_SQUARE_999 } from '../support/chi-square.ts';
import { handClock, type HandClock } from '../support/hand-clock.ts';
import { startGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

interface Group {
  readonly url: string;
  readonly up: FakeProvider;
  readonly clock: HandClock;
}

/** One deployment for each entry, with these limits, ids `d0`, `d1`, ...; requests wait for nothing. */
async function group(limits: readonly string[], ...settings: readonly string[]): Promise<Group> {
  const up = await startFakeProvider({ keepRequests: 5_000 });
  open.push(up);
  const clock = handClock(7);
  const entries = limits.map((limit, at) => {
    const params = `{model: azure/dep-${at}, api_base: "${up.url}/", api_key: sk-up, ${limit}}`;
    return `- {model_name: g, litellm_params: ${params}, model_info: {id: d${at}}}`;
  });
  const router = ['router_settings:', '  queue_timeout: 0', ...settings.map((line) => `  ${line}`)];
  const started = await startGateway(['model_list:', ...entries, ...router].join('\n'), { clock });
  open.push({ close: () => started.drain() });
  return { url: started.url, up, clock };
}

interface Answered {
  readonly status: number;
  readonly deployment: string | null;
  readonly retryAfter: string | null;
}

async function ask(url: string): Promise<Answered> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.text();
  const header = (name: string): string | null => response.headers.get(name);
  return { status: response.status, deployment: header('x-litellm-model-id'), retryAfter: header('retry-after') };
}

/** `count` requests, twenty at a time. */
async function askMany(url: string, count: number): Promise<Answered[]> {
  const answers: Answered[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      answers.push(await ask(url));
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  return answers;
}

function perDeployment(answers: readonly Answered[], count: number): number[] {
  return Array.from({ length: count }, (_, at) => answers.filter(({ deployment }) => deployment === `d${at}`).length);
}

const DOCUMENTED = ['rpm: 6', 'rpm: 6', 'rpm: 1440'];

describe('weights', () => {
  test('1,000 requests over the documented 6 / 6 / 1440 group are spread as its limits say', async () => {
    const { url } = await group(DOCUMENTED, 'enforce_limits: false');
    const answers = await askMany(url, 1_000);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(chiSquare(perDeployment(answers, 3), [6, 6, 1440])).toBeLessThan(CHI_SQUARE_999[2]);
  });

  test('1,000 requests over weights 1 / 2 / 7 are spread as the weights say', async () => {
    const { url } = await group(['weight: 1', 'weight: 2', 'weight: 7']);
    const observed = perDeployment(await askMany(url, 1_000), 3);
    expect(chiSquare(observed, [1, 2, 7])).toBeLessThan(CHI_SQUARE_999[2]);
    expect(chiSquare(observed, [1, 1, 1])).toBeGreaterThan(CHI_SQUARE_999[2]);
  });
});

describe('limits', () => {
  test('rpm: 6 lets exactly six of many through at once, and the rest is told to come back', async () => {
    const { url, up } = await group(['rpm: 6']);
    const answers = await askMany(url, 100);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(6);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(94);
    expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['60']));
    expect(up.requests).toHaveLength(6);
  });

  test('Retry-After is the time until the next unit is free, to the second', async () => {
    const { url, clock } = await group(['rpm: 6']);
    for (let second = 0; second < 6; second += 1) {
      expect((await ask(url)).status).toBe(200);
      clock.advance(1_000);
    }
    expect(await ask(url)).toMatchObject({ status: 429, retryAfter: '54' });
    clock.advance(53_900);
    expect(await ask(url)).toMatchObject({ status: 429, retryAfter: '1' });
    clock.advance(101);
    expect((await ask(url)).status).toBe(200);
    expect(await ask(url)).toMatchObject({ status: 429, retryAfter: '1' });
    clock.advance(1_000);
    expect((await ask(url)).status).toBe(200);
  });

  test('in no minute more than the limit is sent, however requests come', async () => {
    const { url, up, clock } = await group(['rpm: 6']);
    const sentAt: number[] = [];
    for (let step = 0; step < 150; step += 1) {
      const before = up.requests.length;
      await ask(url);
      if (up.requests.length > before) sentAt.push(clock.now());
      clock.advance(1_700);
    }
    const fullest = sentAt.map((from) => sentAt.filter((at) => at >= from && at < from + 60_000).length);
    expect(Math.max(...fullest)).toBe(6);
    expect(sentAt.length).toBeGreaterThanOrEqual(24);
  });

  test('what one deployment may not take goes to the others, each up to its own limit', async () => {
    const { url } = await group(['rpm: 6', 'rpm: 9']);
    const answers = await askMany(url, 60);
    expect(perDeployment(answers, 2)).toEqual([6, 9]);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(45);
  });

  test('a deployment without a limit takes the rest, and nobody is refused', async () => {
    const { url } = await group(['rpm: 6', 'weight: 1']);
    const answers = await askMany(url, 200);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(perDeployment(answers, 2)).toEqual([6, 194]);
  });
});
