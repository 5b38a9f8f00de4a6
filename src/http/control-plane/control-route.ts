// One route of the control plane as data with its handler: the same rows are registered, listed by /routes, described
// by /openapi.json and asked which methods a path has, so that none of these can disagree.
import type { IncomingHttpHeaders } from 'node:http';
import type { AuthVerdict } from '../auth.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request as handlers see it. */
export interface ControlCall {
  /** Of parameters that are repeated, the last. */
  readonly query: Readonly<Record<string, string>>;
  /** Path parameters by name, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Address at the other end of the connection. */
  readonly peer: string | undefined;
  /** Of routes that read one; larger than any request may be: `too large`. */
  readonly body: Buffer | 'too large' | undefined;
  /** Never `rejected`, except on open routes. */
  readonly verdict: AuthVerdict;
}

export interface ControlReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface QueryParameter {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

/** What is known of a route without running it. */
export interface RouteDescription {
  readonly method: HttpMethod;
  /** Parameters as `{name}`; each is one path segment. */
  readonly path: string;
  readonly summary: string;
  readonly tag: 'models' | 'health' | 'gateway' | 'management' | 'admin';
  /** Answers HEAD too, as 1.106 does for pages only. */
  readonly withHead?: boolean;
  /** The handler wants the body; all others are not even held. */
  readonly readsBody?: boolean;
  /** Answers without a key. */
  readonly isOpen?: boolean;
  readonly query?: readonly QueryParameter[];
}

export interface ControlRoute extends RouteDescription {
  readonly handle: (call: ControlCall) => ControlReply | Promise<ControlReply>;
}

/** GET, and HEAD where that is answered too. */
export function methodsOfRoute({ method, withHead }: RouteDescription): (HttpMethod | 'HEAD')[] {
  return withHead === true ? [method, 'HEAD'] : [method];
}

const JSON_TYPE = 'application/json';

export function jsonReply(value: unknown, status = 200): ControlReply {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(value) };
}

/** A page of text; `contentType` with its charset. */
export function textReply(body: string, contentType: string): ControlReply {
  return { status: 200, contentType, body };
}

/** The same route under several paths. */
export function aliased(paths: readonly string[], route: Omit<ControlRoute, 'path'>): ControlRoute[] {
  return paths.map((path) => ({ path, ...route }));
}

/** `true`, `1`, `yes`, `on` in any case, as FastAPI reads booleans. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1|yes|on|t|y)$/i.test(value);
}
