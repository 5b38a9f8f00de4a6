// The failure contract at every place where a stream can break: exactly what the client sees, what it costs, and what is
// noted against the deployment.
import { beforeAll, describe, expect, test } from 'vitest';
import { BREAK_POINTS, type Sees } from './break-points.ts';
import { rawHttp } from './clients/raw-http.ts';
import type { Seen } from './clients/chat-client.ts';
import { PROMPT, readKnownAnswers, STYLES, type KnownAnswers } from './known-answers.ts';
import { settled } from './play-case.ts';
import { Stage } from './stage.ts';

const SPEED = 10;
const PAIR = [
  { at: 'primary', params: 'weight: 1' },
  { at: 'second', params: 'weight: 0' },
] as const;

let known: KnownAnswers;
beforeAll(async () => void (known = await readKnownAnswers()));

const rows = BREAK_POINTS.flatMap((point) => STYLES.map((style) => ({ ...point, style })));

describe('a stream that breaks', () => {
  test.concurrent.each(rows)(
    '$place by $error ($style)',
    async ({ fault, callsTool, sees, attempts, failures, style }) => {
      const scene = { entries: PAIR, router: 'stream_timeout: 15', faults: { primary: fault } };
      const stage = await Stage.open(scene, { style, speed: SPEED });
      try {
        const request = { baseUrl: `${stage.url}/v1`, model: 'g', prompt: PROMPT, stream: true };
        const seen = await rawHttp.ask({ ...request, callsTool: callsTool === true });
        expectSeen(seen, 'kind' in sees ? sees : sees[style], known[style]);
        expect(await settled(stage)).toBe(0);
        expect([stage.requests('primary'), stage.requests('second')]).toEqual(attempts);
        const [primary, second] = await stage.deployments();
        expect(primary).toMatchObject({ attempts: attempts[0], failures, breaker: { state: 'closed' } });
        expect(second).toMatchObject({ attempts: attempts[1], failures: 0, breaker: { state: 'closed' } });
        stage.heal();
        expect((await rawHttp.ask(request)).kind).toBe('answer');
      } finally {
        await stage.close();
      }
    },
  );
});

function expectSeen(seen: Seen, sees: Sees, texts: readonly string[]): void {
  if (sees.kind === 'answer') {
    expect(seen).toMatchObject({ kind: 'answer', finish: 'stop' });
    expect(texts).toContain(seen.text);
    return;
  }
  expect(seen).toMatchObject({ kind: 'error', status: sees.status, message: expect.stringContaining(sees.words) });
  if (sees.text.kind === 'text') {
    expect(seen.text).toBe(sees.text.text);
    return;
  }
  expect(seen.text.split(' ').filter((word) => word !== '')).toHaveLength(sees.text.count);
  expect(texts.some((text) => text.startsWith(seen.text))).toBe(true);
}
