// The OpenAI library for Python, in one child process for all requests: starting one for each would cost seconds. Its
// input ends with the suite, and with it the process.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { ChatClient, Seen } from './chat-client.ts';

const SCRIPT = join(import.meta.dirname, 'openai_python.py');

const seenSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answer'),
    text: z.string(),
    finish: z.string().nullable(),
    completionTokens: z.number().nullable(),
  }),
  z.object({ kind: z.literal('error'), text: z.string(), status: z.number().nullable(), message: z.string() }),
  z.object({ kind: z.literal('broken'), message: z.string() }),
]);
const lineSchema = z.object({ id: z.number(), seen: seenSchema });
type Line = z.infer<typeof lineSchema>;

/** `python` is an interpreter that has the library. */
export function openaiPython(python: string): ChatClient {
  const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting = new Map<number, { resolve(seen: Seen): void; reject(error: Error): void }>();
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => {
    const { id, seen } = lineSchema.parse(JSON.parse(line));
    const asked = waiting.get(id);
    waiting.delete(id);
    if (seen.kind === 'broken') asked?.reject(new Error(seen.message));
    else asked?.resolve(seenOf(seen));
  });
  child.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the Python client ended: ${complaints}`));
  });
  let asked = 0;
  return {
    name: 'openai for Python',
    ask: (request) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id: asked, ...request })}\n`);
      }),
    close: () => ended(child),
  };
}

function seenOf(seen: Exclude<Line['seen'], { kind: 'broken' }>): Seen {
  if (seen.kind === 'error') return { ...seen, status: seen.status ?? undefined };
  const { kind, text, finish, completionTokens } = seen;
  return { kind, text, finish: finish ?? undefined, completionTokens: completionTokens ?? undefined };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  const over = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin?.end();
  return over;
}
