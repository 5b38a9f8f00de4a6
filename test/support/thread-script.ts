// A thread for tests of who watches over threads: it does what `env.SCRIPT` says instead of serving.
import { parentPort, workerData } from 'node:worker_threads';
import { Line } from '../../src/threads/line.ts';
import type { OfServing, OfWatching, ThreadStart } from '../../src/threads/messages.ts';

const start = workerData as ThreadStart;
const script = start.env['SCRIPT'];

if (parentPort !== null) {
  const post = parentPort;
  const line: Line<OfServing, OfWatching> = new Line<OfServing, OfWatching>(post, {
    prepare: ({ number }) => {
      if (script === `refuse in ${start.thread}`) throw new Error(`thread ${start.thread} cannot do ${number}`);
      if (script === `die in ${start.thread} when asked`) process.exit(9);
      line.tell('log', `prepared ${number}\n`);
    },
    discard: () => line.tell('log', 'discarded\n'),
    takeUp: () => line.tell('log', 'taken up\n'),
    report: () => {
      throw new Error('nothing is counted here');
    },
    recent: () => [],
    find: () => undefined,
    healthRound: () => [],
    hints: () => undefined,
    sharing: () => undefined,
    accept: () => undefined,
    bytes: () => undefined,
    ended: () => undefined,
    gone: () => undefined,
    drain: () => post.close(),
  });
  line.tell('log', `${start.thread} by ${start.dealing}\n`);
  if (script === 'die at once') process.exit(5);
  else if (script === `no port in ${start.thread}`) fail('EADDRINUSE');
  else if (script === 'system cannot share' && start.dealing === 'system') fail('ENOTSUP');
  else line.tell('listening', 4321);

  function fail(code: string): void {
    line.tell('failed', { message: `listen ${code}`, code, syscall: 'listen' });
  }
}
