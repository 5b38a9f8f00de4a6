// Chooses the stream dialect of an attempt and tells it what the client must see.
import type { Attempt } from '../core/outcome.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import { ChatStream } from '../wire/chat-stream.ts';
import { CompletionStream } from '../wire/completion-stream.ts';
import { PassthroughStream } from '../wire/passthrough-stream.ts';
import { ResponsesStream } from '../wire/responses-stream.ts';
import type { StreamProgress } from '../wire/stream-progress.ts';
import type { StreamReader, StreamReaderOptions } from '../wire/stream-reader.ts';
import type { Exchange } from './exchange.ts';
import { shownModel } from './reply.ts';
import { responseIdRewriter } from './response-ids.ts';
import { asksToStore, estimateUsage, finishNote, streamResume } from './resume-stream.ts';

/** `progress`: where it notes what the client gets. */
export function openStreamReader(exchange: Exchange, planned: Attempt, progress?: StreamProgress): StreamReader {
  const { endpoint, callId } = exchange.input;
  return create(endpoint, {
    model: shownModel(exchange, planned),
    includeUsage: exchange.input.wantsUsage,
    fallbackId: callId,
    createdSeconds: Math.floor(Date.now() / 1000),
    estimateUsage: exchange.input.wantsUsage
      ? (text) => estimateUsage(exchange.input.intent.promptTokens, text)
      : undefined,
    rewriteResponseId: responseIdRewriter(exchange, planned),
    storesResponse: endpoint === 'responses' && asksToStore(exchange, planned),
    progress,
    resume: streamResume(exchange, planned),
    finishNote: () => finishNote(exchange, planned),
  });
}

function create(endpoint: Endpoint, options: StreamReaderOptions): StreamReader {
  switch (endpoint) {
    case 'chat':
      return new ChatStream(options);
    case 'completions':
      return new CompletionStream(options);
    case 'responses':
      return new ResponsesStream(options);
    default:
      return new PassthroughStream();
  }
}
