// What the thread that watches over the others and the threads that serve say to each other.
import type { GatewayReport, ThreadReport } from '../http/control-plane/fellows.ts';
import type { CheckedDeployment } from '../http/control-plane/health-report.ts';
import type { RecentRequest } from '../observe/recent.ts';
import type { SharingState } from '../gateway/runtime.ts';
import type { AffinityHint } from './affinity-hints.ts';
import type { LogLevel } from '../observe/request-log.ts';
import type { ReloadOutcome } from '../reload.ts';

/** A config as it was read, and the numbers that belong to it. */
export interface Generation {
  readonly number: number;
  /** What was read, by path, the config itself first. */
  readonly texts: ReadonlyMap<string, string>;
  readonly fleet: SharedArrayBuffer;
  /** What the process holds of limits that instances share; `undefined` = the config names no Redis. */
  readonly leases: SharedArrayBuffer | undefined;
}

/** What a thread that serves is started with. */
export interface ThreadStart {
  /** From 1. */
  readonly thread: number;
  readonly threads: number;
  readonly words: SharedArrayBuffer;
  /** Moment 0 of everybody's clock, in nanoseconds of the process. */
  readonly originNs: bigint;
  readonly clockSpeed: number;
  readonly generation: Generation;
  readonly cliModel: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** `system`: all listen on one port; `own`: connections are handed to them. */
  readonly dealing: 'system' | 'own';
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  readonly keepAliveTimeoutMs: number;
  readonly logLevel: LogLevel;
}

/** A client's connection that another thread holds. */
export interface DealtPeer {
  readonly id: number;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}

/** What a thread that serves can be asked. */
export type OfServing = {
  /** Makes everything for a config, and puts nothing in force. Refuses where that cannot be done. */
  prepare: { asked: Generation; answer: void };
  /** What was prepared does not come into force. */
  discard: { asked: undefined; answer: void };
  /** What was prepared is in force. */
  takeUp: { asked: undefined; answer: void };
  report: { asked: undefined; answer: ThreadReport };
  /** So many of its newest requests. */
  recent: { asked: number; answer: readonly RecentRequest[] };
  /** By call id. */
  find: { asked: string; answer: RecentRequest | undefined };
  /** Its latest round of background health checks. */
  healthRound: { asked: undefined; answer: readonly CheckedDeployment[] };
  /** What others have learned about who served whom. */
  hints: { asked: readonly AffinityHint[]; answer: void };
  /** How sharing with other instances goes from now on; `undefined` = the config names no Redis. */
  sharing: { asked: SharingState | undefined; answer: void };
  /** A connection is its to serve; what the client sends, when he sends no more, when he is gone. */
  accept: { asked: DealtPeer; answer: void };
  bytes: { asked: { readonly id: number; readonly bytes: Uint8Array }; answer: void };
  ended: { asked: number; answer: void };
  gone: { asked: number; answer: void };
  /** Serves what it has and ends. */
  drain: { asked: undefined; answer: void };
};

/** What the watching thread can be asked. */
export type OfWatching = {
  /** It serves; on which port, where it listens itself. */
  listening: { asked: number; answer: void };
  /** It cannot serve: why, and the code of the system where there is one. */
  failed: { asked: StartProblem; answer: void };
  /** For a client whose connection was dealt to it; answered when he has taken it. */
  write: { asked: { readonly id: number; readonly bytes: Uint8Array }; answer: void };
  finish: { asked: number; answer: void };
  drop: { asked: number; answer: void };
  flow: { asked: { readonly id: number; readonly isOpen: boolean }; answer: void };
  /** Whole lines. */
  log: { asked: string; answer: void };
  reload: { asked: undefined; answer: ReloadOutcome };
  report: { asked: undefined; answer: GatewayReport };
  recent: { asked: number; answer: readonly RecentRequest[] };
  find: { asked: string; answer: RecentRequest | undefined };
  healthRound: { asked: undefined; answer: readonly CheckedDeployment[] };
  hints: { asked: readonly AffinityHint[]; answer: void };
  /** A request needs what only the ledger of all instances can give. */
  hurry: { asked: undefined; answer: void };
};

export interface StartProblem {
  readonly message: string;
  readonly code: string | undefined;
  readonly syscall: string | undefined;
}
