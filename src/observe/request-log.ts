// One log line per request, batched: lines are collected and written together, so that no request waits for a disk or
// a pipe. JSON on a pipe, readable text on a terminal. No message content, no key, ever.
import { pino, destination, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import type { AttemptEvent, BreakerEvent, GatewayListener, RequestEvent, SharingEvent } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { attemptFields, requestLine } from './log-lines.ts';
import { prettyLine } from './pretty-line.ts';

/** Lines are written when this many bytes have gathered, or after the interval; one write takes the larger number. */
const BATCH_BYTES = 64 * 1024;
const MAX_WRITE_BYTES = 256 * 1024;
const FLUSH_INTERVAL_MS = 100;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface LogOptions {
  readonly level: LogLevel;
  /** Readable text instead of JSON. */
  readonly pretty: boolean;
  /** Where lines go instead of standard output (tests). */
  readonly stream?: DestinationStream;
}

export class RequestLog {
  readonly logger: Logger;
  readonly #stream: DestinationStream;
  /** Request lines that wait to be written together. */
  #pending = '';
  readonly #timer: NodeJS.Timeout;
  #timeMs = 0;
  #time = '';

  private constructor(logger: Logger, stream: DestinationStream) {
    this.logger = logger;
    this.#stream = stream;
    this.#timer = setInterval(() => this.#writePending(), FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  get level(): LogLevel {
    return LEVELS.find((level) => this.logger.isLevelEnabled(level)) ?? 'error';
  }

  static async open(options: LogOptions): Promise<RequestLog> {
    const stream = options.stream ?? (options.pretty ? await prettyStream() : undefined) ?? batchedOutput();
    return new RequestLog(
      pino({ level: options.level, base: null, timestamp: stdTimeFunctions.isoTime }, stream),
      stream,
    );
  }

  /** Everything gathered is written now; called before the process ends. */
  close(): void {
    clearInterval(this.#timer);
    this.#writePending();
    const { flushSync } = this.#stream as { flushSync?: () => void };
    flushSync?.call(this.#stream);
  }

  /** Whole lines of another thread: all lines have one writer. */
  pass(lines: string): void {
    this.#stream.write(lines);
  }

  listener(runtime: Runtime): GatewayListener {
    const { logger } = this;
    const { deployments } = runtime.config.table;
    return (event) => {
      switch (event.kind) {
        case 'request':
          return this.#request(event, deployments[event.deployment ?? -1]?.id);
        case 'attempt':
          if (event.failure === undefined && !logger.isLevelEnabled('debug')) return undefined;
          return this.#attempt(event, deployments[event.deployment]?.id);
        case 'breaker':
          return this.#breaker(event, deployments[event.deployment]?.id);
        case 'sharing':
          return this.sharing(event);
        case 'fallback':
        case 'sharing call':
          return undefined;
      }
    };
  }

  /** The one line of every request is made by hand: pino's own way costs ten times as much, measured. */
  #request(event: RequestEvent, deployment: string | undefined): void {
    const level = levelOf(event);
    if (!this.logger.isLevelEnabled(level)) return;
    this.#pending += requestLine(event, { time: this.#isoNow(), level, deployment });
    if (this.#pending.length > BATCH_BYTES) this.#writePending();
  }

  #attempt(event: AttemptEvent, deployment: string | undefined): void {
    const fields = attemptFields(event, deployment);
    if (event.failure === undefined) this.logger.debug(fields, 'attempt');
    else this.logger.warn(fields, 'attempt failed');
  }

  #breaker({ state, status }: BreakerEvent, deployment: string | undefined): void {
    if (state === 'closed') this.logger.info({ deployment }, 'deployment is back');
    else this.logger.warn({ deployment, status }, 'deployment gets no traffic for a while');
  }

  /** Belongs to no config. */
  sharing({ state, reason, place }: SharingEvent): void {
    const fields = { redis: place, reason };
    if (state === 'up') this.logger.info(fields, 'limits are shared over Redis');
    else if (state === 'slow') this.logger.warn(fields, 'Redis is slow: no request waits for it');
    else if (state === 'down') this.logger.warn(fields, 'Redis does not answer: each instance keeps to its share');
  }

  #writePending(): void {
    if (this.#pending === '') return;
    this.#stream.write(this.#pending);
    this.#pending = '';
  }

  /** Formatting a date costs more than the rest of a line: one text serves all lines of a millisecond. */
  #isoNow(): string {
    const now = Date.now();
    if (now === this.#timeMs) return this.#time;
    this.#timeMs = now;
    this.#time = new Date(now).toISOString();
    return this.#time;
  }
}

/** A refusal that the client caused or should wait out is no error of the gateway: nobody is to be woken for it. */
function levelOf({ outcome, status, mirror }: RequestEvent): 'info' | 'warn' | 'error' {
  if (outcome !== 'failure' || mirror === true) return 'info';
  return status >= 400 && status < 500 ? 'warn' : 'error';
}

function batchedOutput(): DestinationStream {
  return destination({
    dest: 1,
    sync: false,
    maxWrite: MAX_WRITE_BYTES,
  });
}

/** `undefined` where the module cannot be loaded: lines are JSON then. */
async function prettyStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({
      colorize: true,
      translateTime: 'HH:MM:ss.l',
      hideObject: true,
      messageFormat: (fields) => prettyLine(fields),
    });
  } catch {
    return undefined;
  }
}
