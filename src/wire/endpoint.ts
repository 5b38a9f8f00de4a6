// The inference endpoints that the data plane serves, by what their bodies mean, whatever path alias was used.

export type Endpoint =
  | 'chat'
  | 'completions'
  | 'embeddings'
  | 'responses'
  | 'moderations'
  | 'images'
  | 'speech'
  | 'transcriptions'
  | 'rerank';

/** Path below the provider's API base (`/chat/completions`), as every OpenAI-compatible server has it. */
export const ENDPOINT_PATH: Readonly<Record<Endpoint, string>> = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
  responses: '/responses',
  moderations: '/moderations',
  images: '/images/generations',
  speech: '/audio/speech',
  transcriptions: '/audio/transcriptions',
  rerank: '/rerank',
};
