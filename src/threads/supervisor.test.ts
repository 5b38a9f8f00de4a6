// How threads are started, replaced and told of a new config, with threads that follow a script.
import { afterEach, expect, test } from 'vitest';
import { loadConfigText } from '../config/load.ts';
import { RequestLog } from '../observe/request-log.ts';
import { commonClock, originNow } from './common-clock.ts';
import { SharedFleet } from './shared-fleet.ts';
import { Supervisor } from './supervisor.ts';

const SCRIPT = new URL('../../test/support/thread-script.ts', import.meta.url);
const running: Supervisor[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((supervisor) => supervisor.drain()));
});

const config = loadConfigText('model_list: []', { env: {} });

async function supervised(script: string, threads = 2) {
  let text = '';
  const stream = { write: (line: string) => void (text += line) };
  const log = await RequestLog.open({ level: 'info', pretty: false, stream });
  const originNs = originNow();
  const clock = commonClock(originNs, 1);
  const supervisor = new Supervisor({
    start: {
      threads,
      originNs,
      clockSpeed: 1,
      dealing: 'system',
      cliModel: undefined,
      env: { SCRIPT: script },
      host: '127.0.0.1',
      port: 0,
      tls: undefined,
      keepAliveTimeoutMs: 5_000,
      logLevel: 'info',
    },
    fleet: new SharedFleet(config, threads, clock),
    clock,
    log,
    reload: async () => ({ kind: 'rejected', problems: [] }),
    script: SCRIPT,
  });
  running.push(supervisor);
  const said = (): string[] => text.split('\n').filter((line) => line !== '');
  return { supervisor, said };
}

test('all threads listen on the port that the first one got', async () => {
  const { supervisor, said } = await supervised('serve', 3);
  expect(await supervisor.start()).toBe(4321);
  expect(said().toSorted()).toEqual(['1 by system', '2 by system', '3 by system']);
});

test.each([1, 2])('what keeps thread %d from its port keeps the gateway from starting', async (thread) => {
  const { supervisor } = await supervised(`no port in ${thread}`);
  await expect(supervisor.start()).rejects.toMatchObject({
    message: 'listen EADDRINUSE',
    code: 'EADDRINUSE',
    syscall: 'listen',
  });
});

test('a thread that dies before it listens keeps the gateway from starting', async () => {
  const { supervisor } = await supervised('die at once');
  await expect(supervisor.start()).rejects.toThrow('thread 1 ended before it listened: it exited with code 5');
});

test('where the system cannot share a port, connections are dealt out here', async () => {
  const { supervisor, said } = await supervised('system cannot share');
  expect(await supervisor.start()).not.toBe(4321);
  expect(said()).toEqual(['1 by system', '1 by own', '2 by own']);
});

test('a new config is prepared by all before it is in force in any', async () => {
  const { supervisor, said } = await supervised('serve');
  await supervisor.start();
  expect(await supervisor.replace(config)).toEqual({ models: 0, deployments: 0, added: 0, removed: 0 });
  expect(said().slice(2)).toEqual(['prepared 2', 'prepared 2', 'taken up', 'taken up']);
});

test('a config that one thread refuses is in force in none', async () => {
  const { supervisor, said } = await supervised('refuse in 2');
  await supervisor.start();
  await expect(supervisor.replace(config)).rejects.toThrow('thread 2 cannot do 2');
  await expect(supervisor.replace(config)).rejects.toThrow('thread 2 cannot do 3');
  await expect.poll(() => said().filter((line) => line === 'discarded').length).toBe(4);
  expect(said()).not.toContain('taken up');
});

test('a thread that dies over a new config refuses nothing, and is started with it', async () => {
  const { supervisor, said } = await supervised('die in 2 when asked');
  await supervisor.start();
  expect(await supervisor.replace(config)).toMatchObject({ models: 0 });
  await expect.poll(() => said().filter((line) => line === '2 by system').length, { timeout: 20_000 }).toBe(2);
  expect(said().filter((line) => line.includes('a thread has died'))).toHaveLength(1);
});
