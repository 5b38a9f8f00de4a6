// Bearer tokens that must be fetched before a call (Entra client credentials, managed identity): one fetch at a time
// per credential, cached until shortly before it expires.
import type { CredentialRequest } from '../provider/types.ts';
import type { Clock } from './clock.ts';
import type { Transport } from './transport.ts';

/** A token is renewed this long before it expires, so that none is sent in its last moments. */
const RENEW_EARLY_MS = 120_000;
/** A token endpoint that answers later than this is down; the request that needs the token goes elsewhere. */
const FETCH_TIMEOUT_MS = 10_000;
/** Used when the answer names no lifetime. */
const DEFAULT_LIFETIME_S = 3_600;

interface CachedToken {
  readonly token: string;
  readonly renewAtMs: number;
}

/** The token endpoint refused or did not answer as it should. The message holds no secret. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

export class CredentialCache {
  readonly #clock: Clock;
  readonly #cached = new Map<string, CachedToken>();
  readonly #pending = new Map<string, Promise<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A valid token; rejects with `CredentialError`. */
  async token(request: CredentialRequest, transport: Transport): Promise<string> {
    const cached = this.#cached.get(request.cacheKey);
    if (cached !== undefined && cached.renewAtMs > this.#clock.now()) return cached.token;
    const pending = this.#pending.get(request.cacheKey) ?? this.#fetchInTime(request, transport);
    this.#pending.set(request.cacheKey, pending);
    try {
      return await pending;
    } finally {
      this.#pending.delete(request.cacheKey);
    }
  }

  async #fetchInTime(request: CredentialRequest, transport: Transport): Promise<string> {
    const controller = new AbortController();
    const message = `token endpoint ${new URL(request.url).origin} did not answer in time`;
    const abort = (): void => controller.abort(new CredentialError(message));
    const timer = this.#clock.after(FETCH_TIMEOUT_MS, abort, undefined);
    try {
      return await this.#fetch(request, transport, controller.signal);
    } finally {
      this.#clock.cancel(timer);
    }
  }

  async #fetch(request: CredentialRequest, transport: Transport, signal: AbortSignal): Promise<string> {
    const url = new URL(request.url);
    const body = request.form === undefined ? null : new URLSearchParams(request.form).toString();
    const answer = await transport.dispatcher(url.origin).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: {
        ...request.headers,
        ...(body === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body,
      signal,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) {
      throw new CredentialError(`token endpoint ${url.origin} answered ${answer.statusCode}`);
    }
    const { token, lifetimeS } = readToken(text, url.origin);
    const renewAtMs = this.#clock.now() + lifetimeS * 1000 - RENEW_EARLY_MS;
    this.#cached.set(request.cacheKey, { token, renewAtMs });
    return token;
  }
}

function readToken(text: string, origin: string): { token: string; lifetimeS: number } {
  const parsed = parseObject(text);
  const token = parsed?.['access_token'];
  if (typeof token !== 'string' || token === '') {
    throw new CredentialError(`token endpoint ${origin} answered without an access_token`);
  }
  const lifetimeS = Number(parsed?.['expires_in']);
  return { token, lifetimeS: Number.isFinite(lifetimeS) && lifetimeS > 0 ? lifetimeS : DEFAULT_LIFETIME_S };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
