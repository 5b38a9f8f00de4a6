// An answer that is given a second time, held against what the client has of the first: what is the same is swallowed,
// what comes behind it goes out. At the first difference the two are different answers, and nothing of the second may
// follow the first (DESIGN 5).
import { isBlank, isFields, type Fields } from './chunk-dialect.ts';
import { KnownText } from './known-text.ts';
import type { StreamFault } from './stream-reader.ts';
import type { StreamProgress } from './stream-progress.ts';

/** `same`: all of it was known. `news`: something is left, and is the client's. `differs`: another answer. */
export type ReplayVerdict = 'same' | 'news' | 'differs';

export const REPLAY_DIFFERS: StreamFault = {
  kind: 'replay-differs',
  message: 'the answer differs from what was sent before the stream broke',
};

export class Replay {
  readonly #content: KnownText;
  readonly #reasoning: KnownText;

  constructor(progress: StreamProgress) {
    this.#content = new KnownText(progress.content);
    this.#reasoning = new KnownText(progress.reasoning);
  }

  /** All that the client has was said again. */
  get hasCaughtUp(): boolean {
    return this.#content.hasCaughtUp && this.#reasoning.hasCaughtUp;
  }

  /** Takes from the choices what the client has. */
  strip(choices: readonly Fields[]): ReplayVerdict {
    let verdict: ReplayVerdict = 'same';
    for (const choice of choices) {
      if (typeof choice['index'] === 'number' && choice['index'] !== 0) return 'differs';
      const members = isFields(choice['delta']) ? choice['delta'] : choice;
      for (const key of Object.keys(members)) {
        const one = this.#stripMember(members, key);
        if (one === 'differs') return one;
        if (one === 'news') verdict = one;
      }
      // An end before the end of what the client has.
      if (!isBlank(choice['finish_reason']) && !this.hasCaughtUp) return 'differs';
    }
    return this.hasCaughtUp ? 'news' : verdict;
  }

  #stripMember(members: Fields, key: string): ReplayVerdict {
    const value = members[key];
    if (typeof value !== 'string' || value === '') return isNothing(key, value) ? 'same' : this.#other();
    switch (key) {
      case 'content':
      case 'text':
        return keep(members, key, this.#content.untold(value));
      case 'reasoning_content':
      case 'reasoning':
        return keep(members, key, this.#reasoning.untold(value));
      case 'role':
      case 'finish_reason':
        return 'same';
      default:
        return this.#other();
    }
  }

  /** What cannot be compared may only come behind what the client has. */
  #other(): ReplayVerdict {
    return this.hasCaughtUp ? 'news' : 'differs';
  }
}

function isNothing(key: string, value: unknown): boolean {
  return isBlank(value) || key === 'index' || key === 'delta';
}

/** Leaves to the member what is new of it. */
export function keep(members: Fields, key: string, left: string | undefined): ReplayVerdict {
  if (left === undefined) return 'differs';
  members[key] = left;
  return left === '' ? 'same' : 'news';
}
