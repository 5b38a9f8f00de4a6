// The text of log lines: what a request or a failed attempt leaves behind. Made without an object in between, because
// this runs for every request. No message content and no key can get in: only these fields are written.
import type { AttemptEvent, RequestEvent } from '../gateway/events.ts';

/** pino's numbers. */
const LEVELS = { info: 30, warn: 40, error: 50 } as const;
/** nginx's status for a client that closed the connection. */
const CLIENT_LEFT = 499;
const LONGEST_MESSAGE = 500;
/** Longest client-made text (model, call id) that a line holds. */
const LONGEST_NAME = 256;

export interface LineContext {
  /** ISO 8601. */
  readonly time: string;
  readonly level: keyof typeof LEVELS;
  readonly deployment: string | undefined;
}

/** One line of JSON with its line end, in pino's form. Times in milliseconds, three decimals. */
export function requestLine(event: RequestEvent, { time, level, deployment }: LineContext): string {
  const { usage, failure, outcome } = event;
  let line =
    `{"level":${LEVELS[level]},"time":"${time}","id":${quoted(event.callId)},"path":"${event.path}",` +
    `"model":${quoted(event.requestedModel)},"status":${outcome === 'abandoned' ? CLIENT_LEFT : event.status}`;
  if (deployment !== undefined) line += `,"deployment":${quoted(deployment)}`;
  if (event.group !== undefined && event.group !== event.requestedModel) line += `,"group":${quoted(event.group)}`;
  line += `,"attempts":${event.attempts}`;
  if (event.fallbacks > 0) line += `,"fallbacks":${event.fallbacks}`;
  line += `,"ms":${thousandths(event.durationMs)},"upstream_ms":${thousandths(event.upstreamMs)}`;
  if (event.firstContentMs !== undefined) line += `,"ttft_ms":${thousandths(event.firstContentMs)}`;
  if (usage !== undefined) {
    line += `,"prompt_tokens":${usage.promptTokens},"completion_tokens":${usage.completionTokens}`;
  }
  if (event.raced !== undefined) line += `,"raced":"${event.raced}"`;
  if (event.recovered !== undefined) line += `,"recovered":"${event.recovered}"`;
  if (event.mirror === true) line += ',"mirror":true';
  if (failure !== undefined && outcome === 'failure') line += `,"error":"${failure.cause}"`;
  return `${line},"msg":"${MESSAGES[outcome]}"}\n`;
}

const MESSAGES = { success: 'request', failure: 'request failed', abandoned: 'client left' } as const;

/** Fields of the line about an attempt that failed; such lines are rare and go through pino. */
export function attemptFields(event: AttemptEvent, deployment: string | undefined): Record<string, unknown> {
  return {
    id: event.callId.slice(0, LONGEST_NAME),
    model: event.requestedModel.slice(0, LONGEST_NAME),
    deployment,
    cause: event.failure?.cause,
    timer: event.failure?.timer,
    status: event.failure?.status,
    ms: thousandths(event.durationMs),
    message: event.failure?.message.slice(0, LONGEST_MESSAGE),
  };
}

const PLAIN = /^[\w\-./:@ ]*$/;

function quoted(text: string): string {
  if (text.length <= LONGEST_NAME && PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text.slice(0, LONGEST_NAME));
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
