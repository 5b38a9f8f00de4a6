// How upstream servers are reached: one undici pool per origin, with the TLS settings and the proxy that apply. One
// Transport per TLS profile, since `ssl_verify` and client certificates may differ between deployments.
import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import { proxyFor, type ProxyEnvironment } from './proxy-for.ts';
import { readTlsProfile, type TlsOptions, type TlsProfile } from './tls-profile.ts';

export interface TransportOptions {
  readonly tls: TlsProfile;
  /** Longest time for TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Read for `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` in either case. */
  readonly env: ProxyEnvironment;
}

/** Idle upstream connections are closed before most servers' own 5 s to 75 s, so that few requests meet a dead one. */
const KEEP_ALIVE_MS = 4_000;

/** Pools of one TLS profile, by origin. Phase timers are ours: undici's own are off. */
export class Transport {
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #proxies = new Map<string, Dispatcher>();
  readonly #options: TransportOptions;
  readonly #tls: TlsOptions;

  /** Throws when a file of the profile cannot be read or a proxy variable holds no URL. */
  constructor(options: TransportOptions) {
    this.#options = options;
    this.#tls = readTlsProfile(options.tls);
    for (const scheme of ['https', 'http']) proxyFor(`${scheme}://any`, options.env);
  }

  /** The dispatcher for `https://host:port`; made on first use. */
  dispatcher(origin: string): Dispatcher {
    return this.#dispatchers.get(origin) ?? this.#open(origin);
  }

  #open(origin: string): Dispatcher {
    const proxy = proxyFor(origin, this.#options.env);
    const dispatcher = proxy === undefined ? this.#direct(origin) : (this.#proxies.get(proxy) ?? this.#through(proxy));
    this.#dispatchers.set(origin, dispatcher);
    return dispatcher;
  }

  #direct(origin: string): Dispatcher {
    return new Pool(origin, {
      ...this.#poolOptions(),
      connections: null,
      connect: { timeout: this.#options.connectTimeoutMs, ...this.#tls },
    });
  }

  /** TLS inside the tunnel is the deployment's; the client certificate is not for the proxy to see. */
  #through(proxy: string): Dispatcher {
    const timeout = this.#options.connectTimeoutMs;
    const { cert: _cert, key: _key, ...proxyTls } = this.#tls;
    const agent = new ProxyAgent({
      ...this.#poolOptions(),
      uri: proxy,
      requestTls: { timeout, ...this.#tls },
      proxyTls: { timeout, ...proxyTls },
      clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: timeout }),
    });
    this.#proxies.set(proxy, agent);
    return agent;
  }

  #poolOptions() {
    return { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS };
  }

  /** Lets running requests finish, then closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#all()].map((dispatcher) => dispatcher.close()));
  }

  /** Closes every connection at once. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#all()].map((dispatcher) => dispatcher.destroy()));
  }

  #all(): ReadonlySet<Dispatcher> {
    return new Set(this.#dispatchers.values());
  }
}
