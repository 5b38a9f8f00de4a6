// A provider whose answers end when the test says so: what is still running at a certain moment must not depend on how
// fast the machine is.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HeldUpstream {
  readonly url: string;
  /** Requests that wait for their end. */
  held(): number;
  /** Ends all that wait, and all that come. */
  release(): void;
  close(): Promise<void>;
}

const frame = { id: 'chatcmpl-1', created: 1, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function chunk(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ ...frame, object: 'chat.completion.chunk', choices })}\n\n`;
}

const PLAIN = JSON.stringify({
  ...frame,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'first last' }, finish_reason: 'stop' }],
  usage,
});

/** Chat only. A stream sends its first word at once and its last one when it is released. */
export async function startHeldUpstream(): Promise<HeldUpstream> {
  const waiting = new Set<() => void>();
  let isReleased = false;
  const hold = (response: ServerResponse, end: () => void): void => {
    if (isReleased) return end();
    waiting.add(end);
    response.once('close', () => waiting.delete(end));
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      const { stream } = JSON.parse(body) as { stream?: boolean };
      response.writeHead(200, { 'content-type': stream === true ? 'text/event-stream' : 'application/json' });
      if (stream !== true) return hold(response, () => response.end(PLAIN));
      response.write(chunk({ role: 'assistant', content: 'first' }, null));
      hold(response, () => response.end(`${chunk({ content: ' last' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    held: () => waiting.size,
    release: () => {
      isReleased = true;
      for (const end of waiting) end();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
