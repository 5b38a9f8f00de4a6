// From the bytes of a request to the call that the formats answer: which model is meant, which vendor answers, and
// whether a stream is wanted.
import type { IncomingMessage } from 'node:http';
import type { FakeCall } from './answer.ts';
import type { Vendor } from './fault.ts';
import type { ReceivedBody } from './received-body.ts';
import type { Route } from './route.ts';

/** Method and URL, taken apart; nothing in them can make this throw. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

interface Known {
  readonly route: Route;
  readonly body: ReceivedBody;
  readonly model: string;
  /** Beats what the path and the model's name suggest. */
  readonly vendor: Vendor | undefined;
  /** For paths that several vendors have. */
  readonly usualVendor: Vendor | undefined;
}

/** Takes the request line apart. */
export function requestLineOf(request: IncomingMessage): RequestLine {
  const url = request.url ?? '/';
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  return { method: request.method ?? 'GET', path, query: question < 0 ? '' : url.slice(question + 1) };
}

/** The model that a request names: in Azure's dated paths the deployment, everywhere else in the body. */
export function modelNamed(route: Route, body: ReceivedBody): string | undefined {
  const named = route.deployment ?? body.fields['model'];
  return typeof named === 'string' ? named : undefined;
}

/** The call, for the formats. */
export function understandCall({ method, path, query }: RequestLine, known: Known): FakeCall {
  const { route, body, model } = known;
  const { stream } = body.fields;
  const asksForStream = stream === true || stream === 'true' || body.fields['stream_format'] === 'sse';
  const guessed = known.usualVendor ?? (model.includes('/') ? 'tgi' : 'openai');
  return {
    vendor: known.vendor ?? route.vendor ?? guessed,
    endpoint: route.endpoint,
    method,
    path,
    model,
    stream: route.streams ?? asksForStream,
    apiVersion: query === '' ? undefined : (new URLSearchParams(query).get('api-version') ?? undefined),
    rest: route.rest,
    body: body.fields,
    files: body.files,
  };
}
