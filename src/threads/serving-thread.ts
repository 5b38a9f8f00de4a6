// A thread that serves: everything that a lone process has, with the numbers, the port and the log shared. It is told by
// the thread that watches over it what to put in force and when to end.
import { parentPort, workerData } from 'node:worker_threads';
import type { AddressInfo } from 'node:net';
import { assemble, type Assembly } from '../assembly.ts';
import { loadConfigAgain } from '../config/load.ts';
import type { GatewayConfig } from '../config/types.ts';
import type { FleetShare, SharingState } from '../gateway/runtime.ts';
import { insideGuard } from '../gateway/fleet-guard.ts';
import { RequestLog } from '../observe/request-log.ts';
import type { ThreadReport } from '../http/control-plane/fellows.ts';
import type { CheckedDeployment } from '../http/control-plane/health-report.ts';
import { ProcessMetrics } from '../observe/process-metrics.ts';
import { tellHints, type AffinityHint } from './affinity-hints.ts';
import { watchedFellows } from './watched-fellows.ts';
import { commonClock } from './common-clock.ts';
import { DealtSocket } from './dealt-socket.ts';
import { FleetLock } from './fleet-lock.ts';
import { heldBytesOf } from './held-bytes.ts';
import { Line, type Post } from './line.ts';
import type { DealtPeer, Generation, OfServing, OfWatching, ThreadStart } from './messages.ts';
import { openSharedWords, WORD } from './shared-words.ts';

class ServingThread {
  readonly #start: ThreadStart;
  readonly #line: Line<OfServing, OfWatching>;
  readonly #lock: FleetLock;
  readonly #words: Int32Array;
  #gateway: Assembly | undefined;
  #log: RequestLog | undefined;
  #generation: number;
  #preparedNumber = 0;
  /** Connections that another thread holds. */
  readonly #dealt = new Map<number, DealtSocket>();
  readonly #process = new ProcessMetrics();
  #sharing: SharingState | undefined;
  #latestRound: (() => Promise<readonly CheckedDeployment[]>) | undefined;

  constructor(start: ThreadStart, post: Post) {
    const shared = openSharedWords(start.words, start.threads);
    this.#start = start;
    this.#words = shared.words;
    this.#generation = start.generation.number;
    this.#lock = new FleetLock(shared, start.thread);
    this.#line = new Line<OfServing, OfWatching>(post, {
      prepare: (generation) => this.#prepare(generation),
      discard: () => this.#discard(),
      takeUp: () => this.#lookAtEpoch(),
      report: () => this.#report(),
      recent: (limit) => this.#gateway?.recent.list(limit) ?? [],
      find: (callId) => this.#gateway?.recent.find(callId),
      healthRound: () => this.#healthRound(),
      hints: (hints) => this.#learn(hints),
      sharing: (state) => this.#noteSharing(state),
      accept: (peer) => this.#accept(peer),
      bytes: ({ id, bytes }) => this.#dealt.get(id)?.receive(bytes),
      ended: (id) => void this.#dealt.get(id)?.push(null),
      gone: (id) => void this.#dealt.get(id)?.destroy(),
      drain: () => this.#drain(),
    });
  }

  /** Listens, and says on which port; or says why not. */
  async run(): Promise<void> {
    try {
      await this.#serve();
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      const message = error instanceof Error ? error.message : String(error);
      this.#line.tell('failed', { message, code, syscall });
    }
  }

  async #serve(): Promise<void> {
    const start = this.#start;
    const log = await RequestLog.open({
      level: start.logLevel,
      pretty: false,
      stream: { write: (text: string) => this.#line.tell('log', text) },
    });
    const clock = commonClock(start.originNs, start.clockSpeed);
    const gateway = assemble(this.#compile(start.generation), {
      tls: start.tls,
      keepAliveTimeoutMs: start.keepAliveTimeoutMs,
      env: start.env,
      log,
      clock,
      reload: () => this.#line.ask('reload', undefined),
      share: this.#shareOf(start.generation),
      held: heldBytesOf(this.#words, start),
      fellows: watchedFellows(this.#line, start.thread),
      onHealthRounds: (latest) => (this.#latestRound = latest),
    });
    this.#log = log;
    this.#gateway = gateway;
    gateway.state.sharing = this.#sharing;
    tellHints(gateway.inForce.affinity, (hints) => this.#line.tell('hints', hints));
    this.#lock.onEpoch = (now) => this.#onEpoch(gateway, now);
    if (start.dealing === 'system') await this.#listen(gateway);
    this.#line.tell('listening', (gateway.server.address() as AddressInfo | null)?.port ?? 0);
  }

  #compile({ texts }: Generation): GatewayConfig {
    const { env, cliModel } = this.#start;
    return loadConfigAgain(texts, { env, cliModel });
  }

  #shareOf({ fleet, leases }: Generation): FleetShare {
    const { thread, threads } = this.#start;
    const hurry = (): void => this.#line.tell('hurry', undefined);
    return { place: { buffer: fleet, count: threads, thread }, guard: this.#lock, leases, hurry };
  }

  #listen({ server }: Assembly): Promise<void> {
    const { host, port } = this.#start;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: 4096, reusePort: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  #accept(peer: DealtPeer): void {
    const socket = new DealtSocket(peer, this.#line);
    this.#dealt.set(peer.id, socket);
    socket.once('close', () => this.#dealt.delete(peer.id));
    this.#gateway?.server.emit('connection', socket);
  }

  #prepare(generation: Generation): void {
    this.#gateway?.inForce.prepare(this.#compile(generation), this.#shareOf(generation));
    this.#preparedNumber = generation.number;
  }

  #discard(): void {
    this.#gateway?.inForce.discard();
  }

  /** Inside the lock: the numbers may have moved to another config, and no reservation stands any more. */
  #onEpoch({ inForce, control }: Assembly, now: number): void {
    const generation = Atomics.load(this.#words, WORD.generation);
    if (generation !== this.#generation && generation === this.#preparedNumber) {
      this.#generation = generation;
      inForce.takeUp();
      setImmediate(() => control.renew());
    }
    inForce.reserveAnew(now);
  }

  #lookAtEpoch(): void {
    insideGuard(this.#lock, 0, () => undefined);
  }

  async #report(): Promise<ThreadReport> {
    const process = await this.#process.data();
    if (this.#gateway === undefined) throw new Error('this thread does not serve yet');
    return { metrics: this.#gateway.metrics.counted(), state: this.#gateway.state, process };
  }

  /** The first question loads what makes the checks. */
  async #healthRound(): Promise<readonly CheckedDeployment[]> {
    await this.#gateway?.control.warm();
    if (this.#latestRound === undefined) throw new Error('this thread makes no health checks');
    return this.#latestRound();
  }

  #learn(hints: readonly AffinityHint[]): void {
    for (const hint of hints) this.#gateway?.inForce.affinity.learn(hint);
  }

  #noteSharing(state: SharingState | undefined): void {
    this.#sharing = state;
    if (this.#gateway !== undefined) this.#gateway.state.sharing = state;
  }

  async #drain(): Promise<void> {
    await this.#gateway?.drain();
    this.#log?.close();
  }
}

if (parentPort !== null) void new ServingThread(workerData as ThreadStart, parentPort).run();
