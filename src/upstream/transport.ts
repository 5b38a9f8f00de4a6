// How upstream servers are reached: one undici pool per origin, with the TLS settings and the proxy that apply. One
// Transport per TLS profile, since `ssl_verify` and client certificates may differ between deployments.
import { readFileSync } from 'node:fs';
import { EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici';

/** What a deployment's config says about TLS; equal profiles share pools. */
export interface TlsProfile {
  /** `true` = verify with the system's roots, `false` = do not verify, a path = verify with that CA bundle. */
  readonly verify: boolean | string;
  /** PEM file with the client certificate (and, without `clientKey`, its key). */
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
}

export interface TransportOptions {
  readonly tls: TlsProfile;
  /** Longest time for TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Read for `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Idle upstream connections are closed before most servers' own 5 s to 75 s, so that few requests meet a dead one. */
const KEEP_ALIVE_MS = 4_000;

/** Pools of one TLS profile, by origin. Phase timers are ours: undici's own are off. */
export class Transport {
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #options: TransportOptions;
  readonly #proxy: Dispatcher | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#proxy = usesProxy(options.env) ? new EnvHttpProxyAgent(this.#agentOptions()) : undefined;
  }

  /** The dispatcher for `https://host:port`; made on first use. */
  dispatcher(origin: string): Dispatcher {
    return this.#dispatchers.get(origin) ?? this.#open(origin);
  }

  #open(origin: string): Dispatcher {
    const dispatcher = this.#proxy ?? new Pool(origin, { ...this.#agentOptions(), connections: null });
    this.#dispatchers.set(origin, dispatcher);
    return dispatcher;
  }

  /** Lets running requests finish, then closes every connection. */
  async close(): Promise<void> {
    const open = new Set(this.#dispatchers.values());
    await Promise.all([...open].map((dispatcher) => dispatcher.close()));
  }

  #agentOptions() {
    const { tls, connectTimeoutMs } = this.#options;
    return {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: connectTimeoutMs, ...tlsOptions(tls) },
    };
  }
}

function tlsOptions(tls: TlsProfile): { rejectUnauthorized: boolean; ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const key = tls.clientKey ?? tls.clientCertificate;
  return {
    rejectUnauthorized: tls.verify !== false,
    ...(typeof tls.verify === 'string' ? { ca: readFileSync(tls.verify) } : {}),
    ...(tls.clientCertificate === undefined ? {} : { cert: readFileSync(tls.clientCertificate) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}

function usesProxy(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env['HTTPS_PROXY'] ?? env['https_proxy'] ?? env['HTTP_PROXY'] ?? env['http_proxy']);
}
