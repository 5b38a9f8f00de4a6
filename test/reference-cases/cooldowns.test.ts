// Cooldowns, as LiteLLM's own tests state them (reference 15.2, cases 29 to 35 and 48).
import { afterEach, describe, expect, it } from 'vitest';
import { coolingDeployments, breakerState } from '../../src/core/breaker/standing.ts';
import { createFleet } from '../../src/core/fleet/fleet.ts';
import { snapshot } from '../../src/core/fleet/snapshot.ts';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { play, world, type Word, type World } from '../support/play-plan.ts';
import { startGateway } from '../support/start-gateway.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

const once = { numRetries: 0 };

/** Plays one request after another, a millisecond apart; `words` in order, the last repeats. */
function playAll(there: World, count: number, wordOf: (nth: number) => Word): ReturnType<typeof play>[] {
  return Array.from({ length: count }, (_, nth) => play(there, [wordOf(nth)], { startMs: 1_000 + nth, seed: nth + 1 }));
}

describe('what cools a deployment', () => {
  it('15.2 case 29: a bad request does not, even with allowed_fails 0: the next call succeeds', () => {
    const there = world({ m: 1 }, { settings: { ...once, allowedFails: 0 } });
    expect(play(there, ['e400']).result).toMatchObject({ status: 400 });
    expect(coolingDeployments(there.fleet, 1_020)).toEqual([]);
    expect(play(there, ['ok']).result).toBe('success');
  });

  it('15.2 case 30: nothing does where the deployment says cooldown_time 0, whatever the router says', () => {
    const there = world({ m: [{ cooldownMs: 0 }, { cooldownMs: 0 }] }, { settings: { ...once, cooldownMs: 300_000 } });
    playAll(there, 10, () => 'e429');
    expect(coolingDeployments(there.fleet, 1_020)).toEqual([]);
  });

  it('15.2 case 31: twenty 429 do not take away the only deployment; of two, one 429 is enough', () => {
    const lone = world({ m: 1 }, { settings: once });
    expect(playAll(lone, 20, () => 'e429').every(({ attempts }) => attempts.length === 1)).toBe(true);
    expect(play(lone, ['ok'], { startMs: 1_020 }).result).toBe('success');
    const two = world({ m: 2 }, { settings: once });
    const cooled = play(two, ['e429']).attempts[0]?.deployment ?? -1;
    expect(coolingDeployments(two.fleet, 1_020)).toEqual([cooled]);
    const after = playAll(two, 20, () => 'ok').flatMap(({ attempts }) => attempts.map(({ deployment }) => deployment));
    expect(new Set(after)).toEqual(new Set([1 - cooled]));
  });

  it('15.2 case 32: deployments that fail a quarter of 100 calls stay; one that fails 60 % is the one that goes', () => {
    const quarter: Word[] = ['e500', 'ok', 'ok', 'ok'];
    const sixty: Word[] = ['e500', 'e500', 'ok', 'e500', 'ok'];
    const played = (worst: Word[]): number[] => {
      const there = world({ m: 3 }, { settings: once });
      const used = [0, 0, 0];
      const opened = new Set<number>();
      for (let nth = 0; nth < 300; nth++) {
        const id = nth % 3;
        const script = id === 0 ? worst : quarter;
        const word = script[(used[id] ?? 0) % script.length] ?? 'ok';
        used[id] = (used[id] ?? 0) + 1;
        play(there, [word], { startMs: 1_000 + nth * 50, intent: { model: `m-${id}` } });
        if (breakerState(there.fleet, id, 1_010 + nth * 50) !== 'closed') opened.add(id);
      }
      return [...opened];
    };
    expect(played(quarter)).toEqual([]);
    expect(played(sixty)).toEqual([0]);
  });

  it('15.2 case 33: with allowed_fails 100 the 101st failure does', () => {
    const there = world({ m: 1 }, { settings: { ...once, allowedFails: 100 } });
    playAll(there, 100, () => 'e500');
    expect(coolingDeployments(there.fleet, 1_120)).toEqual([]);
    play(there, ['e500'], { startMs: 1_200 });
    expect(coolingDeployments(there.fleet, 1_220)).toEqual([0]);
  });

  it('15.2 case 34: one failure does not, five do', () => {
    const there = world({ m: 2 }, { settings: once });
    for (let nth = 1; nth <= 5; nth++) {
      play(there, ['e500'], { startMs: 1_000 + nth, intent: { model: 'm-0' } });
      expect(breakerState(there.fleet, 0, 1_050)).toBe(nth < 5 ? 'closed' : 'open');
    }
  });

  it('15.2 case 35: a 429 for one client’s own key says nothing about another’s', async () => {
    const provider = await startFakeProvider();
    open.push(() => provider.close());
    provider.setFaults({ '*': { on: '1', status: 429, retryAfter: 60 } });
    const gateway = await startGateway(`
model_list:
  - model_name: m
    litellm_params:
      model: openai/m
      api_base: ${provider.url}/v1
      api_key: sk-ours
      configurable_clientside_auth_params: [api_key]
`);
    open.push(() => gateway.drain());
    const ask = async (key: string): Promise<number> => {
      const body = { model: 'm', api_key: key, num_retries: 0, messages: [{ role: 'user', content: 'hi' }] };
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await answer.text();
      return answer.status;
    };
    expect([await ask('sk-a'), await ask('sk-b')]).toEqual([429, 200]);
    expect(provider.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer sk-a', 'Bearer sk-b']);
  });
});

it('15.2 case 48: what succeeded and failed is counted in the memory of one instance, and nowhere else', () => {
  const here = world({ m: 1 }, { settings: once });
  const there: World = { table: here.table, fleet: createFleet(here.table.deployments) };
  play(here, ['e500']);
  play(here, ['ok'], { startMs: 1_100 });
  expect(snapshot(here.fleet, 0, 1_200)).toMatchObject({ successes: 1, failures: 1, attempts: 2 });
  expect(snapshot(there.fleet, 0, 1_200)).toMatchObject({ successes: 0, failures: 0, attempts: 0 });
});
