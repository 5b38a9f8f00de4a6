// One log line per request, batched: lines are collected and written together, so that no request waits for a disk or
// a pipe. JSON on a pipe, readable text on a terminal. No message content, no key, ever.
import { pino, destination, type DestinationStream, type Logger } from 'pino';
import type { GatewayListener } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';

/** Lines are written when this many bytes have gathered, or after the interval. */
const BATCH_BYTES = 8 * 1024;
const FLUSH_INTERVAL_MS = 100;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly level: LogLevel;
  /** Readable text instead of JSON. */
  readonly pretty: boolean;
  /** Where lines go instead of standard output (tests). */
  readonly stream?: DestinationStream;
}

export class RequestLog {
  readonly logger: Logger;
  readonly #flush: () => void;
  readonly #timer: NodeJS.Timeout;

  private constructor(logger: Logger, flush: () => void) {
    this.logger = logger;
    this.#flush = flush;
    this.#timer = setInterval(flush, FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  static async open(options: LogOptions): Promise<RequestLog> {
    const batch = { dest: 1, sync: false, minLength: BATCH_BYTES };
    const pretty = options.pretty ? await prettyStream() : undefined;
    const stream = options.stream ?? pretty ?? destination(batch);
    const logger = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
    const flush = (): void => logger.flush();
    return new RequestLog(logger, flush);
  }

  /** Everything gathered is written now; called before the process ends. */
  close(): void {
    clearInterval(this.#timer);
    this.#flush();
  }

  listener(runtime: Runtime): GatewayListener {
    const { logger } = this;
    const { deployments } = runtime.config.table;
    return (event) => {
      if (event.kind === 'attempt') {
        if (event.failure !== undefined) logger.warn(attemptLine(event, deployments[event.deployment]?.id), 'attempt failed');
        return;
      }
      if (event.kind !== 'request') return;
      const line = {
        id: event.callId,
        path: event.path,
        model: event.requestedModel,
        status: event.outcome === 'abandoned' ? 499 : event.status,
        deployment: event.deployment === undefined ? undefined : deployments[event.deployment]?.id,
        group: event.group === event.requestedModel ? undefined : event.group,
        attempts: event.attempts,
        fallbacks: event.fallbacks === 0 ? undefined : event.fallbacks,
        ms: round(event.durationMs),
        upstream_ms: round(event.upstreamMs),
        ttft_ms: event.firstContentMs === undefined ? undefined : round(event.firstContentMs),
        prompt_tokens: event.usage?.promptTokens,
        completion_tokens: event.usage?.completionTokens,
        error: event.failure?.cause,
      };
      if (event.outcome === 'failure') logger.error(line, 'request failed');
      else logger.info(line, event.outcome === 'abandoned' ? 'client left' : 'request');
    };
  }
}

function attemptLine(event: Extract<Parameters<GatewayListener>[0], { kind: 'attempt' }>, deployment: string | undefined) {
  return {
    id: event.callId,
    model: event.requestedModel,
    deployment,
    cause: event.failure?.cause,
    status: event.failure?.status,
    ms: round(event.durationMs),
    message: event.failure?.message.slice(0, 500),
  };
}

/** pino-pretty is a development convenience: without it (an installed package) lines are JSON. */
async function prettyStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' });
  } catch {
    return undefined;
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
