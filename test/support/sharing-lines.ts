// What a gateway has said about its Redis.
import type { TestGateway } from './start-gateway.ts';

export const SHARED = 'limits are shared over Redis';
export const DOWN = 'Redis does not answer: each instance keeps to its share';
export const SLOW = 'Redis is slow: no request waits for it';

/** Every line about it, oldest first. */
export function said(gateway: TestGateway): string[] {
  return gateway
    .lines()
    .filter((line) => line['redis'] !== undefined)
    .map((line) => String(line['msg']));
}

/** Without answers that were late because this machine had no time for them, and in time again. */
export function saidInTime(gateway: TestGateway): string[] {
  const lines = said(gateway);
  return lines.filter((line, nth) => line !== SLOW && !(line === SHARED && lines[nth - 1] === SLOW));
}
