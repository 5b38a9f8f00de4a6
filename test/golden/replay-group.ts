// Replays one group of recorded cases: one gateway process, six scripted upstreams, the cases in the order in which
// they were recorded, so that state such as a cooldown carries over as it did then.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { startGateway, type GatewayProcess, type GatewayStart } from './gateway-process.ts';
import { fillJson, fillPlaceholders, restorePlaceholders, type ReplayPorts } from './placeholders.ts';
import type {
  CaseGroup,
  ClientAnswer,
  GoldenCase,
  GoldenGroup,
  GoldenRequest,
  Json,
  Observation,
  Observed,
  UpstreamScript,
} from './record.ts';
import { ScriptedUpstreams } from './scripted-upstream.ts';
import { sendRequest } from './send-request.ts';

/** Removed again by a group's `env` where a case is about strong keys. */
const RECORDED_ENVIRONMENT = { LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true' };
/** Requests that a gateway sends on its own after the start do not belong to the first request. */
const QUIET_AFTER_START_MS = 50;

interface Replay {
  readonly upstreams: ScriptedUpstreams;
  readonly ports: ReplayPorts;
  readonly start: GatewayStart;
  /** Another one after a crash, so that one crash does not hide what the other cases have to say. */
  gateway: GatewayProcess;
}

/** Told about each case as soon as it is known. */
export type CaseListener = (golden: GoldenCase, observation: Observation) => void;

/** Replays the cases of a group. Rejects only when the replay itself is broken. */
export async function replayGroup(group: CaseGroup, listener: CaseListener): Promise<void> {
  const upstreams = new ScriptedUpstreams();
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-golden-'));
  try {
    const closed = await freePort();
    const ports: ReplayPorts = { upstreams: await upstreams.start(), closed, proxy: await freePort() };
    const start: GatewayStart = { ...prepare(group.setup, folder, ports), folder, port: ports.proxy };
    const result = await startGateway(start);
    if (result.kind === 'exited') {
      const note = `exit code ${result.code}: ${result.output.trim()}`;
      for (const golden of group.cases) listener(golden, { started: false, note, responses: [] });
      return;
    }
    await pause(QUIET_AFTER_START_MS);
    const replay: Replay = { upstreams, ports, start, gateway: result.gateway };
    try {
      await replayCases(replay, group.cases, listener);
    } finally {
      await replay.gateway.stop();
    }
  } finally {
    upstreams.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepare(setup: GoldenGroup, folder: string, ports: ReplayPorts) {
  for (const [name, text] of Object.entries(setup.files ?? {})) {
    writeFileSync(join(folder, name), fillPlaceholders(text, ports));
  }
  const args: string[] = [];
  if (setup.config !== null) {
    writeFileSync(join(folder, 'config.yaml'), fillPlaceholders(setup.config, ports));
    args.push('--config', 'config.yaml');
  }
  args.push(...(setup.args ?? []).map((argument) => fillPlaceholders(argument, ports)));
  const env: Record<string, string> = { ...RECORDED_ENVIRONMENT };
  for (const [name, value] of Object.entries(setup.env ?? {})) {
    if (value === null) delete env[name];
    else env[name] = fillPlaceholders(value, ports);
  }
  return { args, env };
}

async function replayCases(replay: Replay, cases: readonly GoldenCase[], listener: CaseListener): Promise<void> {
  for (const golden of cases) {
    play(replay, golden.upstream_script ?? {});
    const responses: Observed[] = [];
    for (const request of golden.requests) responses.push(...(await replayRequest(replay, request)));
    const note = replay.gateway.output;
    if (replay.gateway.exited) {
      listener(golden, {
        started: true,
        note,
        crash: `exit code ${replay.gateway.exitCode}: ${errorIn(note)}`,
        responses,
      });
      await restart(replay);
    } else {
      listener(golden, { started: true, note, responses });
    }
  }
}

async function restart(replay: Replay): Promise<void> {
  const result = await startGateway(replay.start);
  if (result.kind === 'exited') throw new Error(`the gateway does not start again: ${result.output}`);
  replay.gateway = result.gateway;
}

/** The error message and where it was thrown, out of everything that the gateway printed last. */
function errorIn(output: string): string {
  const lines = output.trim().split('\n');
  const at = lines.findIndex((line) => /^\w*Error\b/.test(line));
  return lines.slice(Math.max(at, 0), Math.max(at, 0) + 4).join(' ');
}

function play({ upstreams, ports }: Replay, script: UpstreamScript): void {
  upstreams.play(fillJson(script as Json, ports) as UpstreamScript);
  upstreams.takeAttempts();
}

async function replayRequest(replay: Replay, golden: GoldenRequest): Promise<Observed[]> {
  if (golden.wait_ms !== undefined) await pause(golden.wait_ms);
  if (golden.upstream_script !== undefined) play(replay, golden.upstream_script);
  if (golden.parallel !== undefined) return [await replayTogether(replay, golden, golden.parallel)];
  const observed: Observed[] = [];
  for (let sent = 0; sent < (golden.repeat ?? 1); sent += 1) {
    replay.upstreams.takeAttempts();
    const startedMs = performance.now();
    const answer = await exchange(replay, golden);
    const upstream = replay.upstreams.takeAttempts();
    const elapsed = Math.round(performance.now() - startedMs);
    observed.push({ ...answer, elapsed_ms: elapsed, upstream_attempts: upstream.length, upstream });
    if (golden.settle_ms !== undefined) await pause(golden.settle_ms);
  }
  return observed;
}

/** `repeat` requests, at most `parallel` at a time: each answer where the record has them, else the counts. */
async function replayTogether(replay: Replay, golden: GoldenRequest, parallel: number): Promise<Observed> {
  const answers: ClientAnswer[] = [];
  let left = golden.repeat ?? parallel;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      answers.push(await exchange(replay, golden));
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  const upstream = replay.upstreams.takeAttempts();
  if (golden.each === true) return { parallel: answers, upstream };
  const firstFailure = answers.find(({ status }) => status >= 400 || status === 0);
  return {
    summary: {
      status: countBy(answers, ({ status }) => String(status)),
      by_model_id: countBy(answers, ({ headers }) => headers['x-litellm-model-id'] ?? '-'),
      upstream_by_port: countBy(upstream, ({ to }) => to),
      ...(firstFailure === undefined ? {} : { first_failure: firstFailure }),
    },
  };
}

async function exchange({ ports }: Replay, golden: GoldenRequest): Promise<ClientAnswer> {
  const filled: GoldenRequest = {
    ...golden,
    path: fillPlaceholders(golden.path, ports),
    ...(golden.json === undefined ? {} : { json: fillJson(golden.json, ports) }),
    ...(golden.raw === undefined ? {} : { raw: fillPlaceholders(golden.raw, ports) }),
  };
  const answer = await sendRequest(filled, ports.proxy);
  return JSON.parse(restorePlaceholders(JSON.stringify(answer), ports)) as ClientAnswer;
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
