// Addresses in the records are placeholders. This puts the real ones of a replay in, and takes them out again of what
// was observed, so that both sides of a comparison speak of {UP1}.
import type { Json } from './record.ts';

export const UPSTREAMS = ['UP1', 'UP2', 'UP3', 'UP4', 'UP5', 'UP6'] as const;
export type UpstreamName = (typeof UPSTREAMS)[number];

/** The loopback ports of one replay. Nothing listens on `closed`. */
export interface ReplayPorts {
  readonly upstreams: Readonly<Record<UpstreamName, number>>;
  readonly closed: number;
  readonly proxy: number;
}

/** Replaces `{UP1}`, `{UP1_PORT}`, `{CLOSED}`, `{CLOSED_PORT}` and `{PROXY}`. */
export function fillPlaceholders(text: string, ports: ReplayPorts): string {
  const portOf: Record<string, number> = { ...ports.upstreams, CLOSED: ports.closed, PROXY: ports.proxy };
  return text.replaceAll(/\{(UP[1-6]|CLOSED|PROXY)(_PORT)?\}/g, (whole, name: string, portOnly?: string) => {
    const port = portOf[name];
    if (port === undefined) return whole;
    return portOnly === undefined ? `127.0.0.1:${port}` : String(port);
  });
}

/** The same for every string inside a JSON value. */
export function fillJson(value: Json, ports: ReplayPorts): Json {
  return JSON.parse(fillPlaceholders(JSON.stringify(value), ports)) as Json;
}

/** The way back: addresses of this replay become placeholders. */
export function restorePlaceholders(text: string, ports: ReplayPorts): string {
  const named: ReadonlyArray<readonly [string, number]> = [
    ...Object.entries(ports.upstreams),
    ['CLOSED', ports.closed],
    ['PROXY', ports.proxy],
  ];
  return named.reduce((result, [name, port]) => result.replaceAll(`127.0.0.1:${port}`, `{${name}}`), text);
}
