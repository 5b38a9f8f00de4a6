// Where an answer is written: what replies and relays need of Node's ServerResponse, and no more, so that something else
// can stand in for a socket (a collected answer of a fan-out, a mirror that throws everything away).

export interface ClientResponse {
  /** Headers are flat name/value pairs. */
  writeHead(status: number, headers: string[]): unknown;
  /** False: nothing further before `drain`. */
  write(bytes: Uint8Array | undefined): boolean;
  write(text: string, encoding: 'latin1'): boolean;
  end(bytes?: string | Uint8Array): unknown;
  end(text: string, encoding: 'latin1'): unknown;
  once(event: 'drain', listener: () => void): unknown;
  /** The answer cannot be finished: the client must see that something is missing. */
  destroy(): unknown;
}
