// Large numbers of connections need as many file descriptors. A run that has too few says so instead of failing in a
// thousand strange ways.
import { readFileSync } from 'node:fs';

/** What a process needs beside its connections. */
const BESIDE = 64;

/** Why a process cannot hold so many connections; `undefined` when it can, or when the system does not tell. */
export function tooFewFiles(connections: number): string | undefined {
  const limit = openFilesLimit();
  const needed = connections + BESIDE;
  if (limit === undefined || limit >= needed) return undefined;
  return `${needed} file descriptors are needed and ${limit} allowed: raise the limit first (ulimit -n ${needed})`;
}

/** Node itself raises the soft limit to the hard one when it starts, and so do its children. */
function openFilesLimit(): number | undefined {
  try {
    const soft = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
