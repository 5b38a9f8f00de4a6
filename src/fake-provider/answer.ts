// The shapes that the formats produce and the server sends: one call as understood, one reply in words, and the answer
// as JSON, bytes or events. Formats know nothing of sockets; faults of the connection know nothing of formats.
import type { Endpoint } from '../wire/endpoint.ts';
import type { Vendor } from './fault.ts';
import type { MultipartFile } from './multipart.ts';

/** Everything that is served beside the inference endpoints of the wire format. */
export type FakeEndpoint = Endpoint | 'models' | 'generate' | 'generate-root' | 'info' | 'health' | 'stored-response';

/** One request as the formats see it. */
export interface FakeCall {
  readonly vendor: Vendor;
  readonly endpoint: FakeEndpoint;
  readonly method: string;
  readonly path: string;
  /** For Azure the deployment of the path or, in the v1 form, the model of the body. */
  readonly model: string;
  readonly stream: boolean;
  readonly apiVersion: string | undefined;
  /** What follows the endpoint's path: a response id with its action, a model name. */
  readonly rest: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  readonly files: readonly MultipartFile[];
}

/** What the fake model says, before it takes the form of an endpoint. */
export interface Reply {
  /** Joined they are the text; one piece is one token. */
  readonly pieces: readonly string[];
  readonly finishReason: string;
  readonly toolCall: { readonly name: string; readonly arguments: string } | undefined;
  readonly promptTokens: number;
}

/** One server-sent event, complete with its line ends. `token` events are what faults count. */
export interface StreamEvent {
  readonly role: 'opening' | 'token' | 'finish' | 'usage' | 'done';
  readonly text: string;
}

export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown; readonly headers?: AnswerHeaders }
  | { readonly kind: 'bytes'; readonly status: number; readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly kind: 'events'; readonly events: Iterable<StreamEvent> };

export type AnswerHeaders = Readonly<Record<string, string>>;

/** A 200 with a JSON body. */
export function jsonAnswer(body: unknown): Answer {
  return { kind: 'json', status: 200, body };
}
