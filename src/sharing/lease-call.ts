// One ask as the arguments of the ledger's script, and the script's reply as an answer. Every key carries the namespace
// as its hash tag, so that a cluster keeps them on one node, and all of them are named, as clusters and proxies demand.
import { z } from 'zod';
import type { LeaseAsk, LeaseReply } from '../core/lease/exchange.ts';

/** What EVALSHA takes. */
export interface LeaseCall {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export function leaseCall(namespace: string, ask: LeaseAsk): LeaseCall {
  const key = (...parts: readonly string[]): string => [`{loadstone:${namespace}}`, ...parts].join(':');
  const keys = [
    key('state'),
    key('members'),
    key('counted'),
    key('hints'),
    key('reply', ask.instance),
    ...ask.meters.map(({ deployment, meter }) => key(meter, deployment)),
    ...ask.slots.map(({ deployment }) => key('slots', deployment)),
  ];
  return { keys, args: [JSON.stringify(ask)] };
}

/** The script's language writes an empty list as an empty object. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.union([z.array(item), z.strictObject({}).transform((): z.output<Item>[] => [])]);
}

const REPLY = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answer'),
    sequence: z.number(),
    epoch: z.string(),
    phase: z.enum(['recount', 'share', 'normal']),
    serverMs: z.number(),
    members: z.number(),
    known: z.number(),
    rank: z.number(),
    hintsSeen: z.number(),
    meters: listOf(z.object({ granted: z.number(), left: z.number(), freeInMs: z.number() })),
    slots: listOf(z.object({ held: z.number() })),
    hints: listOf(
      z.object({
        deployment: z.string(),
        blockedForMs: z.number(),
        openForMs: z.number(),
        openedMsAgo: z.number(),
        trigger: z.number(),
      }),
    ),
  }),
  z.object({ kind: z.literal('recount-demand'), epoch: z.string() }),
  z.object({ kind: z.literal('stale'), sequence: z.number() }),
]);

/** Throws for what is no reply of the script: then something else answers under these keys. */
export function readLeaseReply(reply: unknown): LeaseReply {
  return REPLY.parse(JSON.parse(String(reply)));
}
