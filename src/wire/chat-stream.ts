// The reader of chat completion streams: the shared chunk machinery speaking the chat dialect.
import { ChatDialect } from './chat-dialect.ts';
import { ChunkStream } from './chunk-stream.ts';
import type { StreamReaderOptions } from './stream-reader.ts';

export class ChatStream extends ChunkStream {
  constructor(options: StreamReaderOptions) {
    super(new ChatDialect(options.fallbackId), { ...options, fallbackId: `chatcmpl-${options.fallbackId}` });
  }
}
