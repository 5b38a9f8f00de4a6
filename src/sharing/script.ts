// A Lua script by its digest, so that its text hardly ever crosses the wire: a server that does not know the digest, since
// it was restarted, flushed or failed over, says so and gets the text at once.
import { createHash } from 'node:crypto';
import type { RedisConnection } from './redis-connection.ts';

export interface Script {
  readonly text: string;
  /** SHA-1, in hexadecimal. */
  readonly digest: string;
}

export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export function scriptOf(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Runs the script; rejects as `send` does. */
export async function runScript(connection: RedisConnection, script: Script, input: ScriptInput): Promise<unknown> {
  const rest = [String(input.keys.length), ...input.keys, ...input.args];
  try {
    return await connection.send(['EVALSHA', script.digest, ...rest]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return connection.send(['EVAL', script.text, ...rest]);
  }
}
