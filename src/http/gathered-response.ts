// Answers that are written in one turn of the event loop leave together at its end. A write wakes the client at the other
// end; while that one is awake the next write costs a third. Where a turn has a single write nothing is held back.
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What this thread's event loop writes to clients in the turn that runs. */
class Turn {
  #held: GatheredResponse[] = [];
  #writes = 0;
  #wasBusy = false;

  /** To be asked with every write. True: the last turn that wrote at all had several, so they are held in this one. */
  holds(): boolean {
    if (this.#writes === 0) setImmediate(() => this.#end());
    this.#writes += 1;
    return this.#wasBusy;
  }

  releaseAtEnd(response: GatheredResponse): void {
    this.#held.push(response);
  }

  #end(): void {
    this.#wasBusy = this.#writes > 1;
    this.#writes = 0;
    const held = this.#held;
    this.#held = [];
    for (const response of held) releaseAlone(response);
  }
}

/** A bug of ours in one answer ends that one, and not the process with all the others. */
function releaseAlone(response: GatheredResponse): void {
  try {
    response.release();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    response.destroy();
  }
}

const turn = new Turn();

type WriteArguments = Parameters<ServerResponse['write']>;
type EndArguments = Parameters<ServerResponse['end']>;

/** As Node's, but that what is written may reach the system at the end of the turn, in the same order. */
export class GatheredResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  #isHeld = false;
  #corked: Socket | null = null;
  #end: EndArguments | undefined;

  override write(...bytes: unknown[]): boolean {
    if (turn.holds()) this.#cork();
    return super.write(...(bytes as WriteArguments));
  }

  /** Node lets go of everything when an answer ends, so the end itself waits. */
  override end(...bytes: unknown[]): this {
    if (!turn.holds()) return super.end(...(bytes as EndArguments));
    this.#end = bytes as EndArguments;
    this.#hold();
    return this;
  }

  /** What was written before a connection is broken goes out. */
  override destroy(error?: Error): this {
    this.release();
    return super.destroy(error);
  }

  /** Writes what is held. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const [end, corked] = [this.#end, this.#corked];
    this.#end = undefined;
    this.#corked = null;
    if (end !== undefined) super.end(...end);
    corked?.uncork();
  }

  #cork(): void {
    if (this.#corked === null && this.socket !== null) {
      this.#corked = this.socket;
      this.socket.cork();
    }
    this.#hold();
  }

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    turn.releaseAtEnd(this);
  }
}
