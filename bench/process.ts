// Starts the processes of a benchmark and reads what the kernel accounts to them: CPU time and resident memory,
// children included. Everything listens on loopback and is ended by the id it was started with.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const TICK_US = 10_000;
const PAGE_BYTES = 4096;
const START_TIMEOUT_MS = 20_000;

export interface Started {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `command` and waits until `port` accepts connections. */
export async function start(command: readonly string[], options: StartOptions): Promise<Started> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('nothing to start');
  const child = spawn(file, args, { env: { ...process.env, ...options.env }, stdio: ['ignore', 'ignore', 'inherit'] });
  await accepts(options.port, child);
  if (child.pid === undefined) throw new Error(`${file} did not start`);
  return { pid: child.pid, port: options.port, stop: () => stop(child) };
}

/** User and system CPU of a process and its children so far, in microseconds. */
export function cpuMicros(pid: number): number {
  return family(pid).reduce((total, member) => {
    const fields = statFields(member);
    return total + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_US;
  }, 0);
}

/** CPU of this process and of the children that have ended, in microseconds. */
export function ownMicros(): number {
  const fields = statFields(process.pid);
  return [11, 12, 13, 14].reduce((total, at) => total + Number(fields[at] ?? 0) * TICK_US, 0);
}

/** What all cores together have done so far, in microseconds. */
export function machineMicros(): { readonly busy: number; readonly idle: number; readonly cores: number } {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, idle, ioWait, irq, softIrq, steal] = (lines[0] ?? '').split(/\s+/).slice(1).map(Number);
  const sum = (...ticks: readonly (number | undefined)[]): number =>
    ticks.reduce<number>((total, count) => total + (count ?? 0), 0) * TICK_US;
  return {
    busy: sum(user, nice, system, irq, softIrq, steal),
    idle: sum(idle, ioWait),
    cores: lines.filter((line) => /^cpu\d/.test(line)).length,
  };
}

/** Resident bytes of a process and its children. */
export function residentBytes(pid: number): number {
  return family(pid).reduce((total, member) => total + Number(statFields(member)[21] ?? 0) * PAGE_BYTES, 0);
}

function family(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const children = processes.filter((name) => statFields(Number(name))[1] === String(pid)).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** Fields of /proc/PID/stat after the command name; [1] is the parent, [11] and [12] user and system ticks, [21] RSS. */
function statFields(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
  } catch {
    return [];
  }
}

async function accepts(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`process ended with ${child.exitCode} before port ${port} was open`);
    if (await canConnect(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`port ${port} did not open within ${START_TIMEOUT_MS} ms`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
