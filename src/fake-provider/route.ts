// From method and URL to what is asked for: which vendor's path it is, which endpoint, and what else the path says.
import type { FakeEndpoint } from './answer.ts';
import type { Vendor } from './fault.ts';

export interface Route {
  readonly endpoint: FakeEndpoint;
  /** Set by paths that only one vendor has. */
  readonly vendor: Vendor | undefined;
  /** Azure deployment in the path. */
  readonly deployment: string | undefined;
  readonly rest: readonly string[];
  /** Azure's dated paths do not exist without a version. */
  readonly needsApiVersion: boolean;
  /** The path itself decides, whatever the body says. */
  readonly streams: boolean | undefined;
}

/** Longest first, so that `/responses/{id}` is not taken for something else. */
const ENDPOINTS: readonly (readonly [path: string, endpoint: FakeEndpoint])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completions'],
  ['/embeddings', 'embeddings'],
  ['/responses', 'responses'],
  ['/moderations', 'moderations'],
  ['/images/generations', 'images'],
  ['/audio/speech', 'speech'],
  ['/audio/transcriptions', 'transcriptions'],
  ['/rerank', 'rerank'],
  ['/models', 'models'],
];

const TGI_PATHS: Readonly<Record<string, readonly [endpoint: FakeEndpoint, streams: boolean | undefined]>> = {
  'POST /': ['generate-root', undefined],
  'POST /generate': ['generate', false],
  'POST /generate_stream': ['generate', true],
  'GET /info': ['info', false],
  'GET /health': ['health', false],
};

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

interface Prefix {
  readonly vendor: Vendor | undefined;
  readonly deployment: string | undefined;
  readonly needsApiVersion: boolean;
  readonly tail: string;
}

function prefixOf(path: string): Prefix {
  const dated = /^\/openai\/deployments\/([^/]+)(\/.*)$/.exec(path);
  if (dated !== null) {
    const deployment = decoded(dated[1] ?? '');
    return { vendor: 'azure', deployment, needsApiVersion: true, tail: dated[2] ?? '' };
  }
  const azure = { vendor: 'azure', deployment: undefined } as const;
  if (path.startsWith('/openai/v1/')) return { ...azure, needsApiVersion: false, tail: path.slice(10) };
  if (/^\/openai\/(responses|models)(\/|$)/.test(path)) return { ...azure, needsApiVersion: true, tail: path.slice(7) };
  const tail = /^\/v[12]\//.test(path) ? path.slice(3) : path;
  return { vendor: undefined, deployment: undefined, needsApiVersion: false, tail };
}

/** Where a request goes, or `undefined` for a path that no vendor has. */
export function routeOf(method: string, path: string): Route | undefined {
  const native = TGI_PATHS[`${method} ${path}`];
  const noDeployment = { deployment: undefined, needsApiVersion: false, rest: [] };
  if (native !== undefined) return { endpoint: native[0], vendor: 'tgi', streams: native[1], ...noDeployment };
  const { tail, ...prefix } = prefixOf(path);
  for (const [known, endpoint] of ENDPOINTS) {
    if (tail !== known && !tail.startsWith(`${known}/`)) continue;
    const rest = tail
      .slice(known.length + 1)
      .split('/')
      .filter(Boolean)
      .map(decoded);
    if (endpoint === 'responses' && rest.length > 0)
      return { ...prefix, endpoint: 'stored-response', rest, streams: false };
    const isListing = endpoint === 'models';
    if (rest.length > 0 && !isListing) return undefined;
    return method === (isListing ? 'GET' : 'POST') ? { ...prefix, endpoint, rest, streams: undefined } : undefined;
  }
  return undefined;
}
