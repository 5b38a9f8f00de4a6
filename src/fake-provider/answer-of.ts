// From a call that was admitted to its answer: which format serves which endpoint.
import type { Answer, FakeCall } from './answer.ts';
import type { Behaviour } from './fault.ts';
import { chatAnswer } from './formats/chat.ts';
import { completionsAnswer } from './formats/completions.ts';
import { embeddingsAnswer } from './formats/embeddings.ts';
import {
  imagesAnswer,
  modelsAnswer,
  moderationsAnswer,
  rerankAnswer,
  speechAnswer,
  transcriptionsAnswer,
} from './formats/media.ts';
import type { ResponseStore, UnknownResponse } from './formats/responses.ts';
import { generateAnswer, infoAnswer } from './formats/tgi.ts';
import { replyTo } from './reply.ts';
import type { ReplySettings } from './reply.ts';

interface Answering {
  readonly settings: ReplySettings & {
    readonly models: readonly string[] | undefined;
    readonly contextWindowTokens: number | undefined;
  };
  readonly responses: ResponseStore;
}

const DEFAULT_MODELS = ['gpt-4o', 'gpt-3.5-turbo', 'text-embedding-3-small'];
const TGI_WINDOW_TOKENS = 4096;

/** The answer to a call that nothing speaks against. */
export function answerOf(call: FakeCall, behaviour: Behaviour, about: Answering): Answer | UnknownResponse {
  const { settings, responses } = about;
  const reply = () => replyTo(call, settings, behaviour);
  switch (call.endpoint) {
    case 'chat':
      return chatAnswer(call, reply());
    case 'completions':
      return completionsAnswer(call, reply());
    case 'embeddings':
      return embeddingsAnswer(call);
    case 'responses':
      return responses.create(call, reply());
    case 'stored-response':
      return responses.stored(call);
    case 'moderations':
      return moderationsAnswer(call);
    case 'images':
      return imagesAnswer(call);
    case 'speech':
      return speechAnswer(call);
    case 'transcriptions':
      return transcriptionsAnswer(call, reply());
    case 'rerank':
      return rerankAnswer(call);
    case 'models':
      return modelsAnswer(call, settings.models ?? DEFAULT_MODELS);
    case 'generate':
    case 'generate-root':
      return generateAnswer(call, reply());
    case 'info':
      return infoAnswer(call.model, settings.contextWindowTokens ?? TGI_WINDOW_TOKENS);
    case 'health':
      return { kind: 'bytes', status: 200, contentType: 'text/plain', bytes: new Uint8Array(0) };
  }
}
