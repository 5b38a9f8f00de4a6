// Text completions: one choice for each prompt, plain and streamed.
import type { Answer, FakeCall, Reply, StreamEvent } from '../answer.ts';
import { jsonAnswer } from '../answer.ts';
import { isRecord } from '../reply.ts';
import { AZURE_BASE_MODEL, DONE_EVENT, answerId, eventOf, nowSeconds, usageOf } from './shared-fields.ts';

function promptCount(call: FakeCall): number {
  const prompt = call.body['prompt'];
  return Array.isArray(prompt) && prompt.length > 0 && typeof prompt[0] !== 'number' ? prompt.length : 1;
}

function envelope(call: FakeCall): Record<string, unknown> {
  const model = call.vendor === 'azure' ? AZURE_BASE_MODEL : call.model;
  return { id: answerId('cmpl-'), object: 'text_completion', created: nowSeconds(), model };
}

function* completionEvents(call: FakeCall, reply: Reply): Generator<StreamEvent> {
  const head = envelope(call);
  const count = promptCount(call);
  for (const text of reply.pieces) {
    for (let index = 0; index < count; index++) {
      yield {
        role: 'token',
        text: eventOf({ ...head, choices: [{ text, index, logprobs: null, finish_reason: null }] }),
      };
    }
  }
  for (let index = 0; index < count; index++) {
    const choice = { text: '', index, logprobs: null, finish_reason: reply.finishReason };
    yield { role: 'finish', text: eventOf({ ...head, choices: [choice] }) };
  }
  const options = call.body['stream_options'];
  if (isRecord(options) && options['include_usage'] === true) {
    const usage = usageOf(reply.promptTokens, reply.pieces.length * count, call.vendor);
    yield { role: 'usage', text: eventOf({ ...head, choices: [], usage }) };
  }
  yield DONE_EVENT;
}

/** The answer to a text completion. */
export function completionsAnswer(call: FakeCall, reply: Reply): Answer {
  if (call.stream) return { kind: 'events', events: completionEvents(call, reply) };
  const count = promptCount(call);
  const text = reply.pieces.join('');
  const choices = Array.from({ length: count }, (_, index) => {
    return { text, index, logprobs: null, finish_reason: reply.finishReason };
  });
  const usage = usageOf(reply.promptTokens, reply.pieces.length * count, call.vendor);
  return jsonAnswer({ ...envelope(call), choices, usage });
}
