// Which proxy stands between the gateway and an origin: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` as Python's urllib and
// httpx read them, which is what LiteLLM's users have set. Separate from connections because it is decided by names.

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * URL of the proxy for `origin`, or `undefined` to go directly. An https origin is never sent through `HTTP_PROXY`.
 * Throws when the variable holds no URL; the message names the variable and not its value, which may hold a password.
 */
export function proxyFor(origin: string, env: ProxyEnvironment): string | undefined {
  const url = new URL(origin);
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = readVariable(env, variable);
  if (proxy === undefined || isExcepted(url, readVariable(env, 'NO_PROXY') ?? '')) return undefined;
  const text = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!URL.canParse(text)) throw new Error(`${variable} is not the URL of a proxy`);
  return text;
}

/** Lower case wins, as everywhere; an empty value is none. */
function readVariable(env: ProxyEnvironment, name: string): string | undefined {
  return env[name.toLowerCase()]?.trim() || env[name]?.trim() || undefined;
}

/** `NO_PROXY`: names, which stand for what is below them too, with or without a leading dot or a port; `*` is all. */
function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '' || entry === '*') return entry === '*';
  const { name, port: wanted } = splitPort(entry);
  if (wanted !== undefined && wanted !== port) return false;
  const bare = name.replace(/^\*?\./, '');
  return host === bare || host === `[${bare}]` || host.endsWith(`.${bare}`);
}

/** `host:port`; a bare IPv6 address has colons of its own. */
function splitPort(entry: string): { name: string; port: string | undefined } {
  const [, name, port] = /^([^:]+|\[[^\]]+\]):(\d+)$/.exec(entry) ?? [];
  return name === undefined ? { name: entry, port: undefined } : { name, port };
}
