// What is wrong with a call by itself, before any limit or fault: a path, a model or a field that does not exist.
import type { FakeCall } from './answer.ts';
import type { ErrorKind } from './fault.ts';
import { unknownChatField } from './known-fields.ts';
import type { ReceivedBody } from './received-body.ts';
import type { Route } from './route.ts';

/** A failure to be worded by the vendor; `no-such-path` is worded by its front. */
export type CallProblem = 'no-such-path' | { readonly kind: ErrorKind; readonly message?: string };

interface Circumstances {
  readonly body: ReceivedBody;
  readonly settings: { readonly models: readonly string[] | undefined; readonly rejectsUnknownFields: boolean };
}

const REQUIRED: Readonly<Partial<Record<FakeCall['endpoint'], string>>> = {
  chat: 'messages',
  completions: 'prompt',
  embeddings: 'input',
  moderations: 'input',
  images: 'prompt',
  speech: 'input',
  rerank: 'query',
  generate: 'inputs',
  'generate-root': 'inputs',
};

/** The first thing wrong with a call, or `undefined`. */
export function callProblem(call: FakeCall, route: Route | undefined, about: Circumstances): CallProblem | undefined {
  if (route === undefined || (route.needsApiVersion && call.apiVersion === undefined)) return 'no-such-path';
  if (about.body.isUnreadable) {
    const message = 'We could not parse the JSON body of your request. The API expects a JSON payload.';
    return { kind: 'bad-request', message };
  }
  const { models, rejectsUnknownFields } = about.settings;
  const isAboutModel = call.endpoint !== 'stored-response' && call.endpoint !== 'models' && call.endpoint !== 'health';
  if (isAboutModel && models !== undefined && !models.includes(call.model)) return { kind: 'not-found' };
  const required = REQUIRED[call.endpoint];
  if (required !== undefined && call.body[required] === undefined) {
    return { kind: 'bad-request', message: `Missing required parameter: '${required}'.` };
  }
  const unknown = rejectsUnknownFields && call.endpoint === 'chat' ? unknownChatField(call.body) : undefined;
  if (unknown === undefined) return undefined;
  return { kind: 'bad-request', message: `Unrecognized request argument supplied: ${unknown}` };
}
