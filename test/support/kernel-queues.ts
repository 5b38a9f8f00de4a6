// What the system itself holds for connections of this machine: sent and not yet taken, come and not yet read. The rest
// of what an upstream has sent and a client has not read is then what the gateway holds.
import { existsSync, readFileSync } from 'node:fs';

const TABLE = '/proc/net/tcp';
const LISTENING = '0A';

/** The table is Linux's. */
export const knowsKernelQueues = existsSync(TABLE);

/** Bytes in the queues of all IPv4 connections with one of these ports at either end, both ends on this machine. */
export function kernelQueueBytes(ports: readonly number[]): number {
  const rows = readFileSync(TABLE, 'utf8').trimEnd().split('\n').slice(1);
  return rows.reduce((sum, row) => sum + queued(row, ports), 0);
}

/** A row is `slot: address:port address:port state sent:come ...`, in hexadecimal. */
function queued(row: string, ports: readonly number[]): number {
  const [, local = '', remote = '', state, queues = ''] = row.trim().split(/\s+/);
  const ends = [local, remote].map((address) => Number.parseInt(address.split(':')[1] ?? '', 16));
  if (state === LISTENING || !ends.some((port) => ports.includes(port))) return 0;
  return queues.split(':').reduce((sum, bytes) => sum + Number.parseInt(bytes, 16), 0);
}
