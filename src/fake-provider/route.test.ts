import { expect, test } from 'vitest';
import { routeOf } from './route.ts';

test.each([
  ['POST', '/v1/chat/completions', { endpoint: 'chat', vendor: undefined, needsApiVersion: false }],
  ['POST', '/chat/completions', { endpoint: 'chat', vendor: undefined }],
  [
    'POST',
    '/openai/deployments/my%20one/chat/completions',
    { endpoint: 'chat', vendor: 'azure', deployment: 'my one', needsApiVersion: true },
  ],
  ['POST', '/openai/deployments/d/embeddings', { endpoint: 'embeddings', vendor: 'azure', deployment: 'd' }],
  [
    'POST',
    '/openai/v1/chat/completions',
    { endpoint: 'chat', vendor: 'azure', deployment: undefined, needsApiVersion: false },
  ],
  ['POST', '/openai/responses', { endpoint: 'responses', vendor: 'azure', needsApiVersion: true }],
  ['GET', '/v1/responses/resp_1', { endpoint: 'stored-response', rest: ['resp_1'] }],
  ['GET', '/v1/responses/resp_1/input_items', { endpoint: 'stored-response', rest: ['resp_1', 'input_items'] }],
  [
    'POST',
    '/openai/v1/responses/resp_1/cancel',
    { endpoint: 'stored-response', vendor: 'azure', rest: ['resp_1', 'cancel'] },
  ],
  ['POST', '/v1/completions', { endpoint: 'completions' }],
  ['POST', '/v2/rerank', { endpoint: 'rerank' }],
  ['GET', '/models', { endpoint: 'models', rest: [] }],
  ['GET', '/v1/models/gpt-4o', { endpoint: 'models', rest: ['gpt-4o'] }],
  ['POST', '/', { endpoint: 'generate-root', vendor: 'tgi' }],
  ['POST', '/generate_stream', { endpoint: 'generate', vendor: 'tgi', streams: true }],
  ['GET', '/health', { endpoint: 'health' }],
])('%s %s', (method, path, route) => {
  expect(routeOf(method, path)).toMatchObject(route);
});

test.each([
  ['GET', '/v1/chat/completions'],
  ['POST', '/v1/chat/completions/more'],
  ['POST', '/v1/nonsense'],
  ['GET', '/%E0%A4%A'],
])('%s %s leads nowhere', (method, path) => {
  expect(routeOf(method, path)).toBeUndefined();
});
