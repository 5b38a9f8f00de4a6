// Sends load to one URL and says how fast it was answered: wrk where it is installed, else autocannon.
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

export interface LoadOptions {
  readonly url: string;
  readonly body: string;
  readonly key: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly errors: number;
}

const run = promisify(execFile);

export async function load(options: LoadOptions): Promise<LoadResult> {
  return (await hasWrk()) ? withWrk(options) : withAutocannon(options);
}

/** The body of `yardsticks/post.lua`, for generators that do not read Lua. */
export function smallBody(model: string): string {
  const content = 'Write a short poem about load balancing between several deployments of the same model.';
  return (
    `{"model":"${model}","messages":[{"role":"system","content":"You are a helpful assistant."},` +
    `{"role":"user","content":"${content}"}],"temperature":0.7,"max_tokens":256}`
  );
}

/**
 * The body of `yardsticks/post-large.lua` (`kb` kilobytes of source lines). `text` says what ends a line in the JSON
 * text: `plain` = nothing that needs escaping, `lines` = `\n` as in the yardstick, `quotes` = an escaped quote in every
 * line, the worst case for a scanner.
 */
export function largeBody(model: string, kb: number, text: 'plain' | 'lines' | 'quotes'): string {
  const ends = { plain: '   ', lines: '\\n', quotes: '\\"x\\"\\n' };
  const messages: string[] = [];
  for (let bytes = 0, i = 0; bytes < kb * 1024; i += 1) {
    const line = `line ${i} of a source file: const x = call(a, b); // a comment with some words in it${ends[text]}`;
    const content = line.repeat(20);
    messages.push(`{"role":"${i % 2 === 0 ? 'user' : 'assistant'}","content":"${content}"}`);
    bytes += content.length;
  }
  return `{"messages":[${messages.join(',')}],"model":"${model}","max_tokens":16}`;
}

async function hasWrk(): Promise<boolean> {
  try {
    await run('which', ['wrk']);
    return true;
  } catch {
    return false;
  }
}

async function withWrk(options: LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-bench-'));
  const script = join(folder, 'post.lua');
  writeFileSync(join(folder, 'body.json'), options.body);
  writeFileSync(script, luaScript(join(folder, 'body.json'), options.key));
  const args = ['-t', '1', '-c', String(options.connections), '-d', `${options.seconds}s`, '--latency'];
  const { stdout } = await run('wrk', [...args, '-s', script, options.url], { maxBuffer: 1 << 20 });
  const [requests, micros, p50, p99, errors] = (/^FIGURES (.*)$/m.exec(stdout)?.[1] ?? '').split(' ').map(Number);
  return {
    requests: requests ?? 0,
    perSecond: (requests ?? 0) / ((micros ?? 1) / 1e6),
    p50Ms: (p50 ?? 0) / 1000,
    p99Ms: (p99 ?? 0) / 1000,
    errors: errors ?? 0,
  };
}

function luaScript(bodyFile: string, key: string): string {
  return [
    'wrk.method = "POST"',
    `wrk.body = io.open("${bodyFile}"):read("*a")`,
    'wrk.headers["Content-Type"] = "application/json"',
    `wrk.headers["Authorization"] = "Bearer ${key}"`,
    'done = function(s, l)',
    '  local e = s.errors',
    '  io.write(string.format("FIGURES %d %d %f %f %d\\n", s.requests, s.duration, l:percentile(50), l:percentile(99),',
    '    e.connect + e.read + e.write + e.status + e.timeout))',
    'end',
  ].join('\n');
}

async function withAutocannon(options: LoadOptions): Promise<LoadResult> {
  const result = await autocannon({
    url: options.url,
    method: 'POST',
    body: options.body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${options.key}` },
    connections: options.connections,
    duration: options.seconds,
  });
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    errors: result.non2xx + result.errors,
  };
}
