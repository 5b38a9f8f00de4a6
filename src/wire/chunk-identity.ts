// What every chunk of one answer has in common: id, created, object and the model's name as the client knows it.
// Clients check that these do not change within a stream.
import { encodeByteText } from './byte-text.ts';
import type { Fields } from './chunk-dialect.ts';
import type { StreamProgress } from './stream-progress.ts';
import type { StreamReaderOptions } from './stream-reader.ts';

export class ChunkIdentity {
  readonly #objectName: string;
  readonly #shownModel: string | undefined;
  readonly #fallbackId: string;
  readonly #createdSeconds: number;
  #id: string | undefined;
  #created: number | undefined;
  #model: string | undefined;
  readonly #progress: StreamProgress | undefined;

  constructor(objectName: string, options: StreamReaderOptions) {
    this.#objectName = objectName;
    this.#shownModel = options.model;
    this.#fallbackId = options.fallbackId;
    this.#createdSeconds = options.createdSeconds;
    this.#progress = options.progress;
    if (options.resume === undefined) return;
    this.#id = options.progress?.id;
    this.#created = options.progress?.created;
    this.#model = options.progress?.model;
  }

  /** Gives a parsed chunk the identity of the first one, all but the model; true when something had to change. */
  repair(chunk: Fields): boolean {
    if (this.#id === undefined) this.#settle(chunk);
    const isSame =
      chunk['id'] === this.#id && chunk['created'] === this.#created && chunk['object'] === this.#objectName;
    if (isSame) return false;
    chunk['id'] = this.#id;
    chunk['created'] = this.#created;
    chunk['object'] = this.#objectName;
    return true;
  }

  /** The first chunk decides. */
  #settle(chunk: Fields): void {
    this.#id ??= typeof chunk['id'] === 'string' && chunk['id'] !== '' ? chunk['id'] : this.#fallbackId;
    this.#created ??=
      typeof chunk['created'] === 'number' && chunk['created'] > 0 ? chunk['created'] : this.#createdSeconds;
    this.#model ??= this.#shownModel ?? (typeof chunk['model'] === 'string' ? chunk['model'] : '');
    if (this.#progress === undefined) return;
    this.#progress.id = this.#id;
    this.#progress.created = this.#created;
    this.#progress.model = this.#model;
  }

  /** Puts the shown model into a parsed chunk. */
  rename(chunk: Fields): void {
    chunk['model'] = this.#model ?? this.#shownModel ?? '';
  }

  /**
   * Puts the shown model into the text of a chunk whose parsed form is at hand, all else untouched; `undefined` when
   * that cannot be done safely.
   */
  renameText(json: string, chunk: Fields): string | undefined {
    const model = chunk['model'];
    if (model === this.#model) return json;
    if (typeof model !== 'string') return undefined;
    const at = json.indexOf('"model":');
    if (at < 0 || json.includes('"model":', at + 1)) return undefined;
    const start = json.charCodeAt(at + 8) === 32 ? at + 9 : at + 8;
    const old = encodeByteText(JSON.stringify(model));
    if (!json.startsWith(old, start)) return undefined;
    return json.slice(0, start) + encodeByteText(JSON.stringify(this.#model)) + json.slice(start + old.length);
  }

  /** A chunk of this answer with other choices. */
  chunk(choices: readonly Fields[], more?: Fields): Fields {
    const chunk: Fields = { id: '', object: '', created: 0, model: '', choices, ...more };
    this.repair(chunk);
    this.rename(chunk);
    return chunk;
  }
}
