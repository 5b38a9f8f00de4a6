// The script in a real redis-server against the model that the properties run on: the same random asks, the same
// replies. Time and the server's id come from the test, in place of two lines of the script; a last test runs it as it is.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LeaseAsk, LeaseReply } from '../../src/core/lease/exchange.ts';
import { leaseCall, readLeaseReply } from '../../src/sharing/lease-call.ts';
import { BareRedis, redisIsMissing } from '../support/bare-redis.ts';
import { LedgerModel } from '../support/ledger-model.ts';

const SCRIPT = readFileSync(new URL('../../src/sharing/lease.lua', import.meta.url), 'utf8');
const CLOCK = "redis.call('TIME')";
const SERVER = 'local this_server = run_id()';
const TIMED = SCRIPT.replace(CLOCK, '{ ARGV[2], ARGV[3] }').replace(SERVER, 'local this_server = ARGV[4]');
const START_MS = 1_800_000_000_000;
const missing = redisIsMissing();

/** What a step does; instances and meters are few, so that they meet. */
const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat(400), fc.nat(3_000), fc.nat(70_000)),
    instance: fc.nat(3),
    event: fc.constantFrom(
      'ask',
      'ask',
      'ask',
      'ask',
      'ask',
      'ask',
      'repeat',
      'old',
      'skip',
      'flush',
      'server',
      'back',
    ),
    isRecount: fc.constantFrom(false, false, false, true),
    isLeaving: fc.constantFrom(false, false, false, false, true),
    meters: fc.uniqueArray(
      fc.record({
        nth: fc.nat(3),
        limit: fc.constantFrom(1, 6, 100, 5_000),
        want: fc.constantFrom(0, 1, 2, 40, 2_000),
        most: fc.constantFrom(0, 0, 1, 30, 1_500),
        isKnown: fc.constantFrom(false, false, true),
        changes: fc.array(fc.tuple(fc.nat(126), fc.constantFrom(-900, -30, -1, 1, 20)), { maxLength: 3 }),
        past: fc.array(fc.tuple(fc.nat(130), fc.constantFrom(1, 3, 50)), { maxLength: 2 }),
        heard: fc.constantFrom(
          undefined,
          undefined,
          { left: 0, hand: 0, forMs: 300 },
          { left: 40, hand: 2, forMs: 20_000 },
          { left: 4_000, hand: 1, forMs: 60_000 },
        ),
      }),
      { maxLength: 3, selector: ({ nth }) => nth },
    ),
    slots: fc.uniqueArray(
      fc.record({ nth: fc.nat(1), limit: fc.constantFrom(1, 4), inUse: fc.nat(3), more: fc.nat(3) }),
      { maxLength: 2, selector: ({ nth }) => nth },
    ),
    hints: fc.array(
      fc.record({
        nth: fc.nat(2),
        blockedForMs: fc.constantFrom(0, 700, 90_000),
        openForMs: fc.constantFrom(0, 900, 15_000),
        trigger: fc.integer({ min: 1, max: 5 }),
      }),
      { maxLength: 2 },
    ),
  }),
  { minLength: 1, maxLength: 40 },
);

type Step = typeof steps extends fc.Arbitrary<(infer Each)[]> ? Each : never;

/** What each instance remembers of the ledger, and its last ask. */
interface Caller {
  sequence: number;
  epoch: string;
  known: number;
  hintsSeen: number;
  last: LeaseAsk | undefined;
}

function askOf(step: Step, caller: Caller, nowMs: number): LeaseAsk {
  const slot = Math.floor(nowMs / 500);
  return {
    instance: `i${step.instance}`,
    sequence: caller.sequence,
    epoch: caller.epoch,
    known: caller.known,
    isRecount: step.isRecount || caller.epoch === '',
    isLeaving: step.isLeaving,
    hintsSeen: caller.hintsSeen,
    meters: step.meters.map(({ nth, changes, most, want, heard, ...line }) => ({
      ...line,
      ...(heard === undefined ? {} : { heard }),
      deployment: `d${nth % 2}`,
      meter: nth < 2 ? 'rpm' : 'tpm',
      want: Math.max(want, most),
      most,
      least: Math.max(1, Math.ceil(most / 2)),
      changes: changes.map(([ago, units]) => [slot - ago, units] as const),
    })),
    slots: step.slots.map(({ nth, more, inUse, limit }) => ({
      deployment: `d${nth}`,
      limit,
      inUse,
      hold: inUse + more,
    })),
    hints: step.hints.map(({ nth, ...hint }) => ({ deployment: `d${nth}`, ...hint })),
  };
}

describe.skipIf(missing !== undefined)(
  `the ledger's script${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let redis: BareRedis;
    let digest: string;
    let plain: string;

    beforeAll(async () => {
      redis = await BareRedis.start();
      digest = await redis.send('SCRIPT', 'LOAD', TIMED);
      plain = await redis.send('SCRIPT', 'LOAD', SCRIPT);
    });

    afterAll(() => redis.close());

    async function run(ask: LeaseAsk, at: { readonly nowMs: number; readonly server: string }): Promise<LeaseReply> {
      const { keys, args } = leaseCall('test', ask);
      const time = [String(Math.floor(at.nowMs / 1_000)), String((at.nowMs % 1_000) * 1_000)];
      return readLeaseReply(
        await redis.send('EVALSHA', digest, String(keys.length), ...keys, ...args, ...time, at.server),
      );
    }

    test('has the two lines that the test replaces', () => {
      expect(SCRIPT.split(CLOCK)).toHaveLength(2);
      expect(SCRIPT.split(SERVER)).toHaveLength(2);
    });

    test('answers as its model does, whatever is asked, repeated, forgotten or lost', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          await redis.send('FLUSHALL');
          const model = new LedgerModel();
          const callers = new Map<number, Caller>();
          let nowMs = START_MS;
          for (const step of history) {
            nowMs += step.event === 'back' ? -5_000 : 1 + step.afterMs;
            const fresh: Caller = { sequence: 0, epoch: '', known: 0, hintsSeen: 0, last: undefined };
            const caller = callers.get(step.instance) ?? fresh;
            callers.set(step.instance, caller);
            if (step.event === 'flush') {
              model.flush();
              await redis.send('FLUSHALL');
            }
            if (step.event === 'server') model.server += 'x';
            if (step.event === 'skip') caller.sequence += 3;
            const isAgain = (step.event === 'repeat' || step.event === 'old') && caller.last !== undefined;
            if (!isAgain) caller.sequence += 1;
            const said = isAgain ? caller.last : undefined;
            const ask = said ?? askOf(step, caller, nowMs);
            if (step.event !== 'old') caller.last = ask;
            const wanted = model.call(ask, nowMs);
            const got = await run(ask, { nowMs, server: model.server });
            expect(got).toEqual(wanted);
            if (wanted.kind !== 'answer') continue;
            Object.assign(caller, { epoch: wanted.epoch, known: wanted.known, hintsSeen: wanted.hintsSeen });
          }
        }),
        { numRuns: 3000 },
      );
    }, 120_000);

    test('tells the time itself, knows its server, and leaves nothing behind that does not expire', async () => {
      await redis.send('FLUSHALL');
      const ask: LeaseAsk = {
        instance: 'a',
        sequence: 1,
        epoch: '',
        known: 0,
        isRecount: true,
        isLeaving: false,
        hintsSeen: 0,
        meters: [
          {
            deployment: 'd',
            meter: 'rpm',
            limit: 6,
            want: 1,
            most: 1,
            least: 1,
            isKnown: false,
            changes: [],
            past: [[2, 3]],
          },
        ],
        slots: [{ deployment: 'd', limit: 2, inUse: 1, hold: 1 }],
        hints: [{ deployment: 'd', blockedForMs: 900, openForMs: 0, trigger: 0 }],
      };
      const { keys, args } = leaseCall('test', ask);
      const reply = readLeaseReply(await redis.send('EVALSHA', plain, String(keys.length), ...keys, ...args));
      const [seconds] = (await redis.send('EVAL', "return redis.call('TIME')[1]", '0')).split('\n');
      if (reply.kind !== 'answer') throw new Error(reply.kind);
      expect(Math.abs(reply.serverMs - Number(seconds) * 1_000)).toBeLessThan(60_000);
      expect(reply).toMatchObject({ phase: 'recount', members: 1, known: 1, rank: 0 });
      expect(reply.meters).toEqual([{ granted: 0, left: 3, freeInMs: 100 }]);
      const server = await redis.send('HGET', '{loadstone:test}:state', 'server');
      expect(server).toMatch(/^[0-9a-f]{40}$/);
      for (const key of keys) {
        const left = Number(await redis.send('PTTL', key));
        expect([key, left === -2 || (left > 0 && left <= 120_000)]).toEqual([key, true]);
      }
    });

    test('a slot of the cluster holds all its keys', () => {
      const { keys } = leaseCall('prod', askOf({ ...EMPTY, meters: [LINE] }, NOBODY, START_MS));
      expect(keys).toEqual([
        '{loadstone:prod}:state',
        '{loadstone:prod}:members',
        '{loadstone:prod}:counted',
        '{loadstone:prod}:hints',
        '{loadstone:prod}:reply:i0',
        '{loadstone:prod}:rpm:d0',
      ]);
    });

    test('what is no reply of the script is refused', () => {
      expect(() => readLeaseReply('{"kind":"answer"}')).toThrow('sequence');
      expect(() => readLeaseReply(null)).toThrow('object');
    });
  },
);

const NOBODY: Caller = { sequence: 1, epoch: '', known: 0, hintsSeen: 0, last: undefined };
const EMPTY: Step = {
  afterMs: 0,
  instance: 0,
  event: 'ask',
  isRecount: false,
  isLeaving: false,
  meters: [],
  slots: [],
  hints: [],
};
const LINE: Step['meters'][number] = {
  nth: 0,
  limit: 1,
  want: 1,
  most: 1,
  isKnown: false,
  changes: [],
  past: [],
  heard: undefined,
};
