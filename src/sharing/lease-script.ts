// How asks and answers cross to the ledger: as JSON, which both sides have. A handful of calls a second carry all
// deployments, so reading them costs nothing that is seen.
import { readFileSync } from 'node:fs';
import type { LeaseAsk, LeaseReply } from '../core/lease/exchange.ts';
import { scriptOf, type Script, type ScriptInput } from './script.ts';

export const LEASE_SCRIPT: Script = scriptOf(readFileSync(new URL('./lease.lua', import.meta.url), 'utf8'));

export function leaseInput(namespace: string, ask: LeaseAsk): ScriptInput {
  return { keys: [`{loadstone:${namespace.replaceAll(/[{}]/g, '_')}}:`], args: [JSON.stringify(ask)] };
}

/** Throws for a reply that the script cannot have given. */
export function lastAnswer(reply: unknown): LeaseReply {
  if (typeof reply !== 'string') throw new TypeError('the ledger answered something else than text');
  return JSON.parse(reply) as LeaseReply;
}
