// A port for a program that cannot be asked for any free one, or for nobody, so that a connection to it is refused. Below
// the range from which systems hand out ports of themselves: nobody gets it by chance between this and its use.
import { createServer } from 'node:net';

const FIRST = 10_000;
const COUNT = 20_000;
const MOST_TRIES = 100;
/** Never the same one twice in a process. */
const given = new Set<number>();

/** Free a moment ago, on 127.0.0.1. Rejects when a hundred ports in a row are taken. */
export async function freePort(): Promise<number> {
  for (let left = MOST_TRIES; left > 0; left--) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${MOST_TRIES} between ${FIRST} and ${FIRST + COUNT}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
