// Questions and answers between two threads, typed by what each side can be asked. Whoever asks is always answered: a
// handler that throws, an answer that takes too long and a thread that ends are rejections.

/** What one side can be asked, by name: what comes with the question, and what its answer is. */
export type Questions = Readonly<Record<string, { readonly asked: unknown; readonly answer: unknown }>>;

export type Handlers<Mine extends Questions> = {
  readonly [Name in keyof Mine]: (asked: Mine[Name]['asked']) => Mine[Name]['answer'] | Promise<Mine[Name]['answer']>;
};

/** A worker as its starter sees it, or a worker's way back. */
export interface Post {
  postMessage(value: unknown, transfer: ArrayBuffer[]): void;
  on(event: 'message', listener: (value: unknown) => void): unknown;
}

type Letter =
  /** `id` undefined: nobody waits for an answer. */
  | { readonly kind: 'question'; readonly id: number | undefined; readonly name: string; readonly asked: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly why: string };

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Nobody is waited for longer: whoever does not answer by then will not. */
const PATIENCE_MS = 30_000;

/** The other side has ended, or will not answer. */
export class LineClosedError extends Error {}

export class Line<Mine extends Questions, Theirs extends Questions> {
  readonly #post: Post;
  readonly #handlers: Handlers<Mine>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #end: LineClosedError | undefined;

  constructor(post: Post, handlers: Handlers<Mine>) {
    this.#post = post;
    this.#handlers = handlers;
    post.on('message', (letter) => this.#read(letter as Letter));
  }

  ask<Name extends keyof Theirs & string>(
    name: Name,
    asked: Theirs[Name]['asked'],
    patienceMs = PATIENCE_MS,
  ): Promise<Theirs[Name]['answer']> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => this.#settle(id)?.reject(new Error(`no answer to "${name}" within ${patienceMs} ms`));
      const timer = Number.isFinite(patienceMs) ? setTimeout(giveUp, patienceMs) : undefined;
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ kind: 'question', id, name, asked });
    });
  }

  /** Says it and goes on. */
  tell<Name extends keyof Theirs & string>(name: Name, asked: Theirs[Name]['asked'], transfer?: ArrayBuffer[]): void {
    this.#send({ kind: 'question', id: undefined, name, asked }, transfer);
  }

  /** The other side has ended: nobody will answer any more. */
  close(why: string): void {
    this.#end = new LineClosedError(why);
    for (const id of this.#waiting.keys()) this.#settle(id)?.reject(this.#end);
  }

  #send(letter: Letter, transfer: ArrayBuffer[] = []): void {
    if (this.#end === undefined) this.#post.postMessage(letter, transfer);
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(id);
    return waiting;
  }

  #read(letter: Letter): void {
    if (letter.kind === 'question') return void this.#answer(letter);
    const waiting = this.#settle(letter.id);
    if (letter.kind === 'answer') waiting?.resolve(letter.answer);
    else waiting?.reject(new Error(letter.why));
  }

  async #answer({ id, name, asked }: Extract<Letter, { kind: 'question' }>): Promise<void> {
    try {
      const answer: unknown = await this.#handlers[name]?.(asked);
      if (id !== undefined) this.#send({ kind: 'answer', id, answer });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (id === undefined) process.emitWarning(`"${name}": ${why}`);
      else this.#send({ kind: 'refusal', id, why });
    }
  }
}
