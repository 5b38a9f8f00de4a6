// The reader of text completion streams: the shared chunk machinery speaking the `text_completion` dialect.
import { ChunkStream } from './chunk-stream.ts';
import { CompletionDialect } from './completion-dialect.ts';
import type { StreamReaderOptions } from './stream-reader.ts';

export class CompletionStream extends ChunkStream {
  constructor(options: StreamReaderOptions) {
    super(new CompletionDialect(), { ...options, fallbackId: `cmpl-${options.fallbackId}` });
  }
}
