import { expect, test } from 'vitest';
import { loadConfigText } from '../../config/load.ts';
import { healthRequest } from './health-request.ts';
import { silentAudioForm } from './silent-audio.ts';

function requestOf(params: string, info: string) {
  const config = loadConfigText(
    `model_list: [{model_name: "${params.includes('*') ? 'w/*' : 'm'}", litellm_params: {${params}, api_base: "http://127.0.0.1:9/v1", api_key: k}, model_info: {${info}}}]`,
    { env: {} },
  );
  const [deployment] = config.table.deployments;
  if (deployment === undefined) throw new Error('no deployment');
  return healthRequest(deployment, config.deployments[0]?.shownInfo ?? {});
}

test.each([
  { mode: 'chat', endpoint: 'chat', key: 'messages' },
  { mode: 'completion', endpoint: 'completions', key: 'prompt' },
  { mode: 'embedding', endpoint: 'embeddings', key: 'input' },
  { mode: 'responses', endpoint: 'responses', key: 'input' },
  { mode: 'moderation', endpoint: 'moderations', key: 'input' },
  { mode: 'image_generation', endpoint: 'images', key: 'prompt' },
  { mode: 'audio_speech', endpoint: 'speech', key: 'voice' },
  { mode: 'rerank', endpoint: 'rerank', key: 'documents' },
])('a deployment of mode $mode is asked over $endpoint', ({ mode, endpoint, key }) => {
  expect(requestOf('model: openai/m', `mode: ${mode}`)).toMatchObject({
    kind: 'request',
    endpoint,
    upstreamModel: 'm',
    fields: { [key]: expect.anything() },
  });
});

test('without a mode it is a chat of at most 16 tokens', () => {
  expect(requestOf('model: openai/m', '')).toMatchObject({ endpoint: 'chat', fields: { max_tokens: 16 } });
});

test.each([
  { params: 'model: openai/gpt-5-mini', info: '' },
  { params: 'model: openai/m', info: 'supports_reasoning: true' },
])('a reasoning model ($params, $info) gets the limit that it takes', ({ params, info }) => {
  const request = requestOf(params, info);
  expect(request).toMatchObject({ fields: { max_completion_tokens: 16 } });
  expect(request).not.toMatchObject({ fields: { max_tokens: 16 } });
});

test('a transcription is asked with a sound file', () => {
  expect(requestOf('model: openai/m', 'mode: audio_transcription')).toMatchObject({
    endpoint: 'transcriptions',
    fields: undefined,
  });
  const { body, contentType } = silentAudioForm('whisper-1');
  const text = Buffer.concat([...body.chunks]).toString('latin1');
  const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? '';
  expect(text.split(`--${boundary}`)).toHaveLength(4);
  expect(text).toContain('whisper-1');
  expect(text).toContain('RIFF');
  expect(body.byteLength).toBe(text.length);
});

test('a wildcard asks the model that the config names, else the cheapest known one of its kind', () => {
  expect(requestOf('model: openai/*', 'health_check_model: openai/gpt-4o')).toMatchObject({ upstreamModel: 'gpt-4o' });
  const embedding = requestOf('model: openai/*', 'mode: embedding');
  expect(embedding).toMatchObject({ upstreamModel: 'text-embedding-3-small' });
});

test.each([
  { params: 'model: hosted_vllm/*', info: '', says: 'health_check_model' },
  { params: 'model: openai/m', info: 'mode: realtime', says: 'realtime' },
])('what cannot be checked ($params, $info) says so', ({ params, info, says }) => {
  expect(requestOf(params, info)).toMatchObject({ kind: 'not-checkable', message: expect.stringContaining(says) });
});
