// Bodies of control requests: read for the few routes that want one, and only up to the size of any request; thrown away
// for all others, so that nobody fills the memory through a route that never looks.
import type { ControlCall, RouteDescription } from './control-route.ts';

/** A request's bytes as they come. */
export interface Payload {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  resume(): unknown;
}

export class BodyPaths {
  readonly #paths: ReadonlySet<string>;
  readonly #mostBytes: () => number;

  constructor(routes: readonly RouteDescription[], mostBytes: () => number) {
    this.#paths = new Set(routes.filter(({ readsBody }) => readsBody === true).map(({ path }) => path));
    this.#mostBytes = mostBytes;
  }

  /** `path` is that of the route, without parameters. */
  read(path: string | undefined, payload: Payload, done: (body: ControlCall['body']) => void): void {
    if (path === undefined || !this.#paths.has(path)) {
      payload.resume();
      return done(undefined);
    }
    const chunks: Buffer[] = [];
    let byteLength = 0;
    const most = this.#mostBytes();
    payload.on('data', (chunk) => {
      byteLength += chunk.length;
      if (byteLength <= most) chunks.push(chunk);
      else chunks.length = 0;
    });
    payload.on('end', () => done(byteLength > most ? 'too large' : Buffer.concat(chunks)));
  }
}
