// The endpoints that pass through a gateway whole: moderations, images, speech, transcriptions, rerank, model lists.
import type { Answer, FakeCall, Reply, StreamEvent } from '../answer.ts';
import { jsonAnswer } from '../answer.ts';
import { promptText } from '../prompt.ts';
import { isRecord, seedOf, seededRandom } from '../reply.ts';
import { answerId, eventOf, nowSeconds } from './shared-fields.ts';

const CATEGORIES = ['harassment', 'hate', 'illicit', 'self-harm', 'sexual', 'violence'] as const;

/** One black pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';

const AUDIO_TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};

/** Moderations: a text with the word "kill" is flagged as violence, everything else is fine. */
export function moderationsAnswer(call: FakeCall): Answer {
  const input = call.body['input'];
  const inputs = Array.isArray(input) ? (input as readonly unknown[]) : [input];
  const results = inputs.map((one) => {
    const flagged = JSON.stringify(one ?? '').includes('kill');
    const categories = Object.fromEntries(CATEGORIES.map((name) => [name, flagged && name === 'violence']));
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, flagged && name === 'violence' ? 0.97 : 0.0001]));
    const types = Object.fromEntries(CATEGORIES.map((name) => [name, ['text']]));
    return { flagged, categories, category_scores: scores, category_applied_input_types: types };
  });
  return jsonAnswer({ id: answerId('modr-'), model: call.model, results });
}

/** Images: as many pixels as were asked for. */
export function imagesAnswer(call: FakeCall): Answer {
  const asked = call.body['n'];
  const length = typeof asked === 'number' && asked > 0 && asked <= 10 ? Math.floor(asked) : 1;
  const asUrl = call.body['response_format'] === 'url';
  const data = Array.from({ length }, (_, index) => {
    return asUrl ? { url: `http://127.0.0.1/images/${index}.png` } : { b64_json: PNG };
  });
  const usage = { total_tokens: 110, input_tokens: 10, output_tokens: 100 };
  return jsonAnswer({ created: nowSeconds(), data, usage });
}

/** Speech: bytes of the asked type, as many as the input has characters, times a hundred. */
export function speechAnswer(call: FakeCall): Answer {
  const input = typeof call.body['input'] === 'string' ? call.body['input'] : '';
  const random = seededRandom(seedOf(input));
  const bytes = new Uint8Array(Math.max(256, input.length * 100)).map(() => Math.floor(random() * 256));
  if (call.body['stream_format'] === 'sse') return { kind: 'events', events: speechEvents(bytes) };
  const format = typeof call.body['response_format'] === 'string' ? call.body['response_format'] : 'mp3';
  return { kind: 'bytes', status: 200, contentType: AUDIO_TYPES[format] ?? 'audio/mpeg', bytes };
}

function* speechEvents(bytes: Uint8Array): Generator<StreamEvent> {
  for (let start = 0; start < bytes.length; start += 256) {
    const audio = Buffer.from(bytes.subarray(start, start + 256)).toString('base64');
    yield { role: 'token', text: eventOf({ type: 'speech.audio.delta', audio }, 'speech.audio.delta') };
  }
  const usage = { input_tokens: 14, output_tokens: 101, total_tokens: 115 };
  yield { role: 'finish', text: eventOf({ type: 'speech.audio.done', usage }, 'speech.audio.done') };
}

/** Transcriptions: the reply as JSON, as plain text, or as events. */
export function transcriptionsAnswer(call: FakeCall, reply: Reply): Answer {
  const text = reply.pieces.join('');
  if (call.stream) return { kind: 'events', events: transcriptEvents(reply) };
  const format = call.body['response_format'];
  if (format === 'text' || format === 'srt' || format === 'vtt') {
    return { kind: 'bytes', status: 200, contentType: 'text/plain; charset=utf-8', bytes: Buffer.from(`${text}\n`) };
  }
  const seconds = Math.max(1, Math.round((call.files[0]?.sizeBytes ?? 0) / 16_000));
  if (format !== 'verbose_json') return jsonAnswer({ text, usage: { type: 'duration', seconds } });
  const segments = [{ id: 0, start: 0, end: seconds, text }];
  return jsonAnswer({ task: 'transcribe', language: 'english', duration: seconds, text, segments });
}

function* transcriptEvents(reply: Reply): Generator<StreamEvent> {
  for (const delta of reply.pieces) {
    yield { role: 'token', text: eventOf({ type: 'transcript.text.delta', delta }) };
  }
  yield { role: 'finish', text: eventOf({ type: 'transcript.text.done', text: reply.pieces.join('') }) };
}

/** Rerank as Cohere and its imitators answer: scores that depend on query and document. */
export function rerankAnswer(call: FakeCall): Answer {
  const documents = Array.isArray(call.body['documents']) ? (call.body['documents'] as readonly unknown[]) : [];
  const query = promptText({ query: call.body['query'] });
  const scored = documents.map((document, index) => {
    const score = seededRandom(seedOf(query + JSON.stringify(document)))();
    const shown = isRecord(document) ? document : { text: String(document) };
    return { index, relevance_score: score, ...(call.body['return_documents'] === true && { document: shown }) };
  });
  scored.sort((one, other) => other.relevance_score - one.relevance_score);
  const top = call.body['top_n'];
  const results = typeof top === 'number' ? scored.slice(0, top) : scored;
  const meta = { api_version: { version: '2' }, billed_units: { search_units: 1 } };
  return jsonAnswer({ id: answerId('rerank-'), model: call.model, results, meta });
}

/** The list of models, or the one that the path names. */
export function modelsAnswer(call: FakeCall, models: readonly string[]): Answer {
  const describe = (id: string) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'fake-provider' });
  const named = call.rest.join('/');
  return jsonAnswer(named === '' ? { object: 'list', data: models.map(describe) } : describe(named));
}
