// Threads beside one thread, in turns within one run: CPU per request, requests a second, memory. Two cores are shared by
// the gateway, the generator and the fake provider, so what two threads can reach is counted from what each of the three
// costs a request, and from what the rest of the machine leaves: no figure of another run, no idle machine is needed.
// Two lone gateways with half of the connections each are measured as well: they share nothing, so what they cost beyond
// one is the machine's doing (event loops with less to do at a time, colder caches), and the rest is that of the threads.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, smallBody, type LoadResult } from './load.ts';
import { median } from './median.ts';
import { cpuMicros, machineMicros, ownMicros, residentBytes, start, type Started } from './process.ts';

const KEY = 'sk-bench-0123456789abcdef';
const MODEL = 'gpt-3.5-turbo';
const CONNECTIONS = 64;
const PORTS = { mock: 9321, one: 9322, two: 9323, lone: [9324, 9325] } as const;
const CPU_BUDGET = 1.1;
const THROUGHPUT_BUDGET = 0.9;
const here = import.meta.dirname;
const node = process.execPath;
const isQuick = process.argv.includes('--quick');
/** Two starts of one program differ, by up to a third, for as long as they run. */
const STARTS = isQuick ? 1 : 5;
/** Many short rounds: what the machine does meanwhile then falls on all alike. */
const ROUNDS = 5;
const SECONDS = 2;
/** Each engine has to find and compile what is hot by itself: on a busy machine that takes its time. */
const WARM_SECONDS = isQuick ? 5 : 10;

/** One round of one gateway; microseconds of CPU a request. */
interface Round {
  readonly gateway: number;
  readonly mock: number;
  readonly generator: number;
  readonly perSecond: number;
  /** CPU that the machine left for the three of them, in cores. */
  readonly cores: number;
  readonly errors: number;
}

interface Turn {
  readonly one: Round;
  readonly two: Round;
  readonly lone: Round;
}

/** What one start of the gateways showed. */
interface Measured {
  readonly turns: readonly Turn[];
  readonly idleMb: { readonly one: number; readonly two: number };
}

/** Needs the built bundle; takes six minutes, or one with `--quick`. */
export async function benchThreads(): Promise<Record<string, unknown>> {
  const config = join(mkdtempSync(join(tmpdir(), 'loadstone-bench-')), 'config.yaml');
  writeFileSync(config, gatewayConfig());
  const mock = await start([node, join(here, 'plain-mock.mjs'), String(PORTS.mock)], { port: PORTS.mock });
  try {
    const measured: Measured[] = [];
    for (let nth = 0; nth < STARTS; nth++) measured.push(await measureStart(config, mock));
    return { threads: report(measured) };
  } finally {
    await mock.stop();
  }
}

async function measureStart(config: string, mock: Started): Promise<Measured> {
  const started: Started[] = [];
  const open = async (workers: number, port: number): Promise<Started> => {
    const gateway = await start(gatewayCommand(config, workers, port), { port });
    started.push(gateway);
    return gateway;
  };
  try {
    const one = await open(1, PORTS.one);
    const two = await open(2, PORTS.two);
    const lone = [await open(1, PORTS.lone[0]), await open(1, PORTS.lone[1])];
    const idleMb = { one: residentBytes(one.pid) / 1e6, two: residentBytes(two.pid) / 1e6 };
    for (const targets of [[one], [two], lone]) await measure(targets, mock, WARM_SECONDS);
    const turns: Turn[] = [];
    for (let nth = 0; nth < ROUNDS; nth++) {
      // In turns, and every second time backwards, so that none has the better part of a busy machine.
      const forwards = nth % 2 === 0;
      const outer = await measure(forwards ? [one] : lone, mock);
      const middle = await measure([two], mock);
      const last = await measure(forwards ? lone : [one], mock);
      turns.push({ one: forwards ? outer : last, two: middle, lone: forwards ? last : outer });
    }
    return { turns, idleMb };
  } finally {
    await Promise.all(started.map((process_) => process_.stop()));
  }
}

function gatewayCommand(config: string, workers: number, port: number): string[] {
  const main = join(here, '..', 'dist', 'main.js');
  const place = ['--port', String(port), '--host', '127.0.0.1', '--num_workers', String(workers)];
  return [node, main, '--config', config, ...place];
}

/** One round of `targets`, which share the connections. */
async function measure(targets: readonly Started[], mock: Started, length = SECONDS): Promise<Round> {
  const read = () => ({
    gateway: targets.reduce((sum, { pid }) => sum + cpuMicros(pid), 0),
    mock: cpuMicros(mock.pid),
    generator: ownMicros(),
    machine: machineMicros(),
  });
  const before = read();
  const connections = CONNECTIONS / targets.length;
  const loads = await Promise.all(targets.map(({ port }) => load({ ...loadOf(port), connections, seconds: length })));
  const after = read();
  const total = (of: (result: LoadResult) => number): number => loads.reduce((sum, result) => sum + of(result), 0);
  const requests = total((result) => result.requests);
  const [gateway, mockMicros, generator] = (['gateway', 'mock', 'generator'] as const).map(
    (who) => after[who] - before[who],
  );
  const ours = (gateway ?? 0) + (mockMicros ?? 0) + (generator ?? 0);
  const idle = after.machine.idle - before.machine.idle;
  const wall = (idle + after.machine.busy - before.machine.busy) / after.machine.cores;
  return {
    gateway: (gateway ?? 0) / requests,
    mock: (mockMicros ?? 0) / requests,
    generator: (generator ?? 0) / requests,
    perSecond: total((result) => result.perSecond),
    cores: (ours + idle) / wall,
    errors: total((result) => result.errors),
  };
}

function loadOf(port: number) {
  return { url: `http://127.0.0.1:${port}/v1/chat/completions`, body: smallBody(MODEL), key: KEY };
}

/** Requests a second that the cores would allow, were a request to cost with two threads what it costs with one. */
function allowed({ one, two }: Turn): number {
  return (two.cores * 1e6) / (one.gateway + two.mock + two.generator);
}

function report(measured: readonly Measured[]) {
  const turns = measured.flatMap((start_) => start_.turns);
  const idleMb = {
    one: median(measured.map(({ idleMb: { one } }) => one)),
    two: median(measured.map(({ idleMb: { two } }) => two)),
  };
  const ratio = median(turns.map(({ one, two }) => two.gateway / one.gateway));
  const share = median(turns.map((pair) => pair.two.perSecond / allowed(pair)));
  const loneRatio = median(turns.map(({ one, lone }) => lone.gateway / one.gateway));
  const gain = median(turns.map(({ one, two }) => two.perSecond / one.perSecond));
  const errors = turns.reduce((sum, { one, two }) => sum + one.errors + two.errors, 0);
  console.log(
    `\ntwo threads beside one, ${CONNECTIONS} connections, medians of ${turns.length} rounds of each in turns, ${measured.length} starts`,
  );
  for (const { turns: ofStart } of measured) console.log(`  ${startLine(ofStart)}`);
  console.log(
    `CPU per request ${ratio.toFixed(2)} x one thread (budget ${CPU_BUDGET})${ratio > CPU_BUDGET ? '  OVER BUDGET' : ''}, ` +
      `two lone gateways ${loneRatio.toFixed(2)} x; ` +
      `throughput ${share.toFixed(2)} of what the cores allow (budget ${THROUGHPUT_BUDGET})` +
      `${share < THROUGHPUT_BUDGET ? '  BELOW BUDGET' : ''}, ${gain.toFixed(2)} x one thread; idle memory ` +
      `${idleMb.one.toFixed(0)} -> ${idleMb.two.toFixed(0)} MB${errors > 0 ? `; ERRORS ${errors}` : ''}`,
  );
  return { ratio, loneRatio, share, gain, idleMb, errors, turns };
}

/** Medians of one start. */
function startLine(turns: readonly Turn[]): string {
  const of = (value: (turn: Turn) => number): number => median(turns.map(value));
  return (
    `CPU ${of(({ one }) => one.gateway).toFixed(1)} -> ${of(({ two }) => two.gateway).toFixed(1)} us ` +
    `(two lone ${of(({ lone }) => lone.gateway).toFixed(1)})  ` +
    `${of(({ one }) => one.perSecond).toFixed(0)} -> ${of(({ two }) => two.perSecond).toFixed(0)}/s  ` +
    `fake ${of(({ two }) => two.mock).toFixed(1)} us, generator ${of(({ two }) => two.generator).toFixed(1)} us, ` +
    `${of(({ two }) => two.cores).toFixed(2)} cores left allow ${of(allowed).toFixed(0)}/s`
  );
}

/** 100 deployments of one model with limits that are never reached. */
function gatewayConfig(): string {
  const deployments = Array.from({ length: 100 }, (_, nth) => {
    const params = `model: azure/gpt-turbo-${nth}, api_base: "http://127.0.0.1:${PORTS.mock}/", api_key: key-${nth}`;
    return `  - {model_name: ${MODEL}, litellm_params: {${params}, rpm: 100000000}}`;
  });
  return [
    'model_list:',
    ...deployments,
    'litellm_settings: {callbacks: ["prometheus"]}',
    `general_settings: {master_key: ${KEY}}`,
    '',
  ].join('\n');
}
