// TGI's own endpoints: /generate, /generate_stream, POST / (which is either of them by `stream`), /info and /health.
import type { Answer, FakeCall, Reply, StreamEvent } from '../answer.ts';
import { jsonAnswer } from '../answer.ts';
import { isRecord } from '../reply.ts';
import { eventOf } from './shared-fields.ts';

function detailsOf(reply: Reply): Record<string, unknown> {
  const finish = reply.finishReason === 'stop' ? 'eos_token' : reply.finishReason;
  return { finish_reason: finish, generated_tokens: reply.pieces.length, seed: null };
}

function* generateEvents(reply: Reply): Generator<StreamEvent> {
  const last = reply.pieces.length - 1;
  const whole = reply.pieces.join('');
  for (const [index, text] of reply.pieces.entries()) {
    const token = { id: 1000 + index, text, logprob: -0.25, special: false };
    const isLast = index === last;
    const ending = { generated_text: isLast ? whole : null, details: isLast ? detailsOf(reply) : null };
    yield { role: isLast ? 'finish' : 'token', text: eventOf({ index: index + 1, token, ...ending }) };
  }
}

/** The answer of /generate, /generate_stream and POST /. */
export function generateAnswer(call: FakeCall, reply: Reply): Answer {
  if (call.stream) return { kind: 'events', events: generateEvents(reply) };
  const parameters = call.body['parameters'];
  const wantsDetails = isRecord(parameters) && parameters['details'] === true;
  const tokens = reply.pieces.map((text, id) => ({ id: 1000 + id, text, logprob: -0.25, special: false }));
  const details = wantsDetails ? { details: { ...detailsOf(reply), prefill: [], tokens } } : {};
  const generated = { generated_text: reply.pieces.join(''), ...details };
  return jsonAnswer(call.endpoint === 'generate-root' ? [generated] : generated);
}

/** What /info tells about the model. */
export function infoAnswer(model: string, contextWindowTokens: number): Answer {
  return jsonAnswer({
    model_id: model,
    model_sha: null,
    model_pipeline_tag: 'text-generation',
    max_concurrent_requests: 128,
    max_best_of: 2,
    max_stop_sequences: 4,
    max_input_tokens: contextWindowTokens - 1,
    max_total_tokens: contextWindowTokens,
    validation_workers: 2,
    max_client_batch_size: 4,
    router: 'text-generation-router',
    version: '3.3.4',
    sha: null,
    docker_label: null,
  });
}
