// The OpenAPI description of what is served, made from the tables that serve it. Bodies of inference requests are
// OpenAI's and are not repeated here: they are passed on as they come.
import type { QueryParameter, RouteDescription } from './control-route.ts';
import type { InferenceDescription } from './inference-routes.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ApiDescription {
  readonly openapi: string;
  readonly info: Json;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

export interface DescribedRoutes {
  readonly version: string;
  readonly control: readonly RouteDescription[];
  readonly inference: readonly InferenceDescription[];
}

const ERROR_ANSWERS: Json = {
  '401': { description: 'No key, or not in a form that is understood', content: errorContent() },
  '400': { description: 'A key that is not known, or a request that cannot be understood', content: errorContent() },
};

/** OpenAPI 3.1. */
export function openApi({ version, control, inference }: DescribedRoutes): ApiDescription {
  const paths: Record<string, Record<string, Json>> = {};
  const add = (path: string, method: string, operation: Json): void => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  for (const { method, path, summary } of inference) add(path, method, inferenceOperation(method, path, summary));
  for (const route of control) add(route.path, route.method, controlOperation(route));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Loadstone',
      version,
      description: 'LLM gateway and load balancer: OpenAI-compatible inference over the deployments of a config file.',
    },
    paths,
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } }, schemas: { Error: ERROR_SCHEMA } },
  };
}

function inferenceOperation(method: string, path: string, summary: string): Json {
  const isMultipart = path.endsWith('/transcriptions');
  const body = {
    required: true,
    content: { [isMultipart ? 'multipart/form-data' : 'application/json']: { schema: { type: 'object' } } },
  };
  return {
    tags: ['inference'],
    summary,
    operationId: operationId(method, path),
    parameters: pathParameters(path),
    ...(method === 'POST' && !path.includes('{response_id}') ? { requestBody: body } : {}),
    security: [{ key: [] }],
    responses: { '200': { description: "The provider's answer" }, ...ERROR_ANSWERS },
  };
}

function controlOperation(route: RouteDescription): Json {
  const { method, path, summary, tag, isOpen = false, query = [] } = route;
  return {
    tags: [tag],
    summary,
    operationId: operationId(method, path),
    parameters: [...pathParameters(path), ...query.map(queryParameter)],
    ...(isOpen ? {} : { security: [{ key: [] }] }),
    responses: { '200': { description: 'As the summary says' }, ...(isOpen ? {} : ERROR_ANSWERS) },
  };
}

function operationId(method: string, path: string): string {
  return `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`;
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameter({ name, type, description }: QueryParameter): Json {
  return { name, in: 'query', required: false, description, schema: { type } };
}

const NULLABLE_TEXT: Json = { type: ['string', 'null'] };
const ERROR_SCHEMA: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: { message: { type: 'string' }, type: NULLABLE_TEXT, param: NULLABLE_TEXT, code: NULLABLE_TEXT },
    },
  },
};

function errorContent(): Json {
  return { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
}
