// `--test` and `--health`: two small clients of a running proxy. They print what it answers and say by their result
// whether it is well.

export interface ProbeOptions {
  readonly what: 'test' | 'health';
  /** Base URL of the proxy. */
  readonly url: string;
  /** Model for the test request; default `gpt-3.5-turbo`, as in LiteLLM. */
  readonly model: string | undefined;
  /** Sent as a bearer token when there is one. */
  readonly key: string | undefined;
  readonly print: (line: string) => void;
}

const TEST_MODEL = 'gpt-3.5-turbo';
const TEST_MESSAGES = [{ role: 'user', content: 'this is a test request, write a short poem' }];

function headersOf(options: ProbeOptions): Record<string, string> {
  const json = { 'content-type': 'application/json' };
  return options.key === undefined ? json : { ...json, authorization: `Bearer ${options.key}` };
}

interface Answered {
  readonly status: number;
  readonly isOk: boolean;
  readonly modelId: string | null;
  readonly text: string;
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
}

/** The whole answer, or `undefined` after a line that says why there is none. */
async function send(options: ProbeOptions, path: string, body?: unknown): Promise<Answered | undefined> {
  const method = body === undefined ? 'GET' : 'POST';
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await fetch(`${options.url}${path}`, { method, headers: headersOf(options), ...sent });
  } catch (error) {
    options.print(`no proxy answers at ${options.url}: ${causeOf(error)}`);
    return undefined;
  }
  try {
    const modelId = response.headers.get('x-litellm-model-id');
    return { status: response.status, isOk: response.ok, modelId, text: await response.text() };
  } catch (error) {
    options.print(`${response.status}, but the answer broke off: ${causeOf(error)}`);
    return undefined;
  }
}

function printJson(options: ProbeOptions, text: string): void {
  try {
    options.print(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    options.print(text);
  }
}

async function testChat(options: ProbeOptions, stream: boolean): Promise<boolean> {
  const model = options.model ?? TEST_MODEL;
  options.print(`POST ${options.url}/v1/chat/completions model=${model}${stream ? ' stream=true' : ''}`);
  const answer = await send(options, '/v1/chat/completions', { model, messages: TEST_MESSAGES, stream });
  if (answer === undefined) return false;
  options.print(`${answer.status} x-litellm-model-id: ${answer.modelId ?? '(none)'}`);
  if (!stream) printJson(options, answer.text);
  else options.print(answer.text.trimEnd());
  return answer.isOk && (stream ? answer.text.includes('[DONE]') : answer.text !== '');
}

async function health(options: ProbeOptions): Promise<boolean> {
  const answer = await send(options, '/health');
  if (answer === undefined) return false;
  printJson(options, answer.text);
  return answer.isOk;
}

/** Asks, prints, and returns the exit code: 0 when the proxy is well, 1 when it is not or not there. */
export async function probe(options: ProbeOptions): Promise<0 | 1> {
  if (options.what === 'health') return (await health(options)) ? 0 : 1;
  const isPlainWell = await testChat(options, false);
  const isStreamWell = isPlainWell && (await testChat(options, true));
  return isStreamWell ? 0 : 1;
}
