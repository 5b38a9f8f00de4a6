// The answer of one model in a race of several: the first that begins well goes straight to the client, plain or as a
// stream; what the others say is kept in case none does.
import type { ClientResponse } from './client-response.ts';
import { bytesOf, CollectedReply } from './collected-reply.ts';

/** What the answers of a race share. */
export interface Race {
  readonly client: ClientResponse;
  winner: RacingReply | undefined;
  /** Called once, before the winner's first byte. */
  readonly won: () => void;
}

export class RacingReply extends CollectedReply {
  readonly #race: Race;

  constructor(race: Race) {
    super();
    this.#race = race;
  }

  override writeHead(status: number, headers: string[]): void {
    const race = this.#race;
    super.writeHead(status, headers);
    if (race.winner !== undefined || status >= 300) return;
    race.winner = this;
    race.won();
    race.client.writeHead(status, [...headers, 'x-litellm-fastest_response_batch_completion', 'true']);
  }

  override write(bytes: string | Uint8Array | undefined, encoding?: 'latin1'): boolean {
    if (!this.#hasWon) return super.write(bytes, encoding);
    return bytes === undefined || this.#race.client.write(bytesOf(bytes, encoding));
  }

  override end(bytes?: string | Uint8Array, encoding?: 'latin1'): void {
    if (!this.#hasWon) super.end(bytes, encoding);
    else if (bytes === undefined) this.#race.client.end();
    else this.#race.client.end(bytesOf(bytes, encoding));
  }

  override once(event: 'drain', listener: () => void): void {
    if (this.#hasWon) this.#race.client.once(event, listener);
  }

  override destroy(): void {
    if (this.#hasWon) this.#race.client.destroy();
    else super.destroy();
  }

  get #hasWon(): boolean {
    return this.#race.winner === this;
  }
}
