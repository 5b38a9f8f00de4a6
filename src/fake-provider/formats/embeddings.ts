// Embeddings: unit vectors that depend on the input alone, as numbers or as base64 of 32-bit floats (what the official
// clients ask for).
import type { Answer, FakeCall } from '../answer.ts';
import { jsonAnswer } from '../answer.ts';
import { promptTokensOf } from '../prompt.ts';
import { seededRandom, seedOf } from '../reply.ts';

const DEFAULT_DIMENSIONS = 1536;

function vectorOf(input: unknown, dimensions: number): Float32Array {
  const random = seededRandom(seedOf(typeof input === 'string' ? input : JSON.stringify(input)));
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let index = 0; index < dimensions; index++) {
    const value = random() * 2 - 1;
    vector[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}

/** Inputs of a request: one text, one list of tokens, or a list of either. */
function inputsOf(input: unknown): readonly unknown[] {
  if (!Array.isArray(input)) return [input];
  return typeof input[0] === 'number' ? [input] : (input as readonly unknown[]);
}

/** The answer to an embeddings request. */
export function embeddingsAnswer(call: FakeCall): Answer {
  const asked = call.body['dimensions'];
  const dimensions = typeof asked === 'number' && asked > 0 && asked <= 4096 ? Math.floor(asked) : DEFAULT_DIMENSIONS;
  const isBase64 = call.body['encoding_format'] === 'base64';
  const data = inputsOf(call.body['input']).map((input, index) => {
    const vector = vectorOf(input, dimensions);
    const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
    return { object: 'embedding', index, embedding };
  });
  const tokens = promptTokensOf(call.body);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return jsonAnswer({ object: 'list', data, model: call.model, usage });
}
