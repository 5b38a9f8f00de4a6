// Ends one worker thread of this process from outside, as a crash would: by the debugger's protocol, which reaches every
// thread of a Node process and needs no door in the program. In the middle of whatever the thread does.
import { Session } from 'node:inspector/promises';

interface Attached {
  readonly sessionId: string;
  readonly workerInfo: { readonly title: string };
}

/** Runs `expression` in the thread with this name; resolves when it has been sent. */
export async function runInThread(name: string, expression: string): Promise<void> {
  const session = new Session();
  session.connect();
  const attached = new Map<string, string>();
  session.on('NodeWorker.attachedToWorker', ({ params }: { params: Attached }) => {
    attached.set(params.workerInfo.title, params.sessionId);
  });
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const found = [...attached].find(([title]) => title.includes(name));
  if (found === undefined) throw new Error(`no thread ${name} among ${[...attached.keys()].join(', ')}`);
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
  await session.post('NodeWorker.sendMessageToWorker', { sessionId: found[1], message });
  session.disconnect();
}

/** The thread with this number exits at once, with all that it was doing. */
export function killThread(number: number): Promise<void> {
  return runInThread(`loadstone-${number}`, 'process.exit(7)');
}
