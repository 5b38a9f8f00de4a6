// Tells when one of a set of files has changed. Asks the file system by path once a second instead of waiting for its
// events: editors replace files, and Kubernetes swaps a link two folders up, which events on the file itself miss.
import { unwatchFile, watchFile, type StatsListener } from 'node:fs';

const POLL_MS = 1_000;

export class FileWatcher {
  readonly #listener: StatsListener;
  #files: readonly string[] = [];

  constructor(onChange: () => void) {
    this.#listener = (now, before) => {
      if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) onChange();
    };
  }

  /** From now on these files; a file that is gone is watched for its return. */
  follow(files: readonly string[]): void {
    for (const file of this.#files) if (!files.includes(file)) unwatchFile(file, this.#listener);
    for (const file of files) {
      if (!this.#files.includes(file)) watchFile(file, { interval: POLL_MS, persistent: false }, this.#listener);
    }
    this.#files = files;
  }

  close(): void {
    this.follow([]);
  }
}
