// What went wrong between us and Redis, in a few words for the log and for readiness. Never a key of the config: what a
// library or a server wrote passes the mask.
import { maskSecrets } from '../core/mask-secrets.ts';

const LONGEST = 160;

/** `ECONNREFUSED`, `READONLY You can't write against a read only replica.` */
export function troubleOf(error: unknown): string {
  if (!(error instanceof Error)) return maskSecrets(String(error)).slice(0, LONGEST);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const text = error.message === '' ? (code ?? error.name) : error.message;
  const named = code === undefined || text.includes(code) ? text : `${code}: ${text}`;
  return maskSecrets(named).replaceAll(/\s+/g, ' ').slice(0, LONGEST);
}
