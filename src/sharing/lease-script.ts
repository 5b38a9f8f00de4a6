// The text of the ledger, read once. Apart from the call, which knows nothing of files.
import { readFileSync } from 'node:fs';
import { scriptOf, type Script } from './script.ts';

export const LEASE_SCRIPT: Script = scriptOf(readFileSync(new URL('./lease.lua', import.meta.url), 'utf8'));
