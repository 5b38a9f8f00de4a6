// What of a request body is prompt: its texts, and a fixed number of tokens for what is no text. OpenAI's rule for
// messages: three tokens around each, one for a name, three before the answer (as LiteLLM 1.106 counts, golden a56).

export interface PromptParts {
  readonly texts: readonly string[];
  readonly fixedTokens: number;
}

const TOKENS_PER_MESSAGE = 3;
const TOKENS_PER_NAME = 1;
const TOKENS_BEFORE_ANSWER = 3;
/** LiteLLM's default price of an image; sound and files are counted the same way, as in the estimate. */
const TOKENS_PER_MEDIUM = 250;

class Parts {
  readonly texts: string[] = [];
  fixedTokens = 0;

  text(text: string): void {
    if (text !== '') this.texts.push(text);
  }

  /** Definitions are sent to the model in a form of its own; their JSON is of nearly the same length. */
  json(value: unknown): void {
    if (value !== undefined && value !== null) this.text(JSON.stringify(value));
  }
}

/** Reads the body of any endpoint: each of these members is prompt wherever it stands. */
export function promptParts(body: Readonly<Record<string, unknown>>): PromptParts {
  const parts = new Parts();
  if (Array.isArray(body['messages'])) {
    for (const message of body['messages']) addMessage(parts, message);
    parts.fixedTokens += TOKENS_BEFORE_ANSWER;
  }
  for (const key of ['system', 'instructions', 'prompt', 'input', 'contents', 'query', 'documents'])
    addContent(parts, body[key]);
  for (const key of ['tools', 'functions']) parts.json(body[key]);
  return parts;
}

function addMessage(parts: Parts, message: unknown): void {
  parts.fixedTokens += TOKENS_PER_MESSAGE;
  if (!isRecord(message)) return addContent(parts, message);
  for (const [key, value] of Object.entries(message)) {
    if (key === 'name') parts.fixedTokens += TOKENS_PER_NAME;
    if (key === 'tool_calls' || key === 'function_call') addCalls(parts, value);
    else addContent(parts, value);
  }
}

/** Of a call the model reads the name and the arguments. */
function addCalls(parts: Parts, value: unknown): void {
  for (const call of Array.isArray(value) ? value : [value]) {
    const called = isRecord(call) && isRecord(call['function']) ? call['function'] : call;
    if (!isRecord(called)) continue;
    addContent(parts, called['name']);
    addContent(parts, called['arguments']);
  }
}

/** A text, token numbers, or a list of parts. */
function addContent(parts: Parts, content: unknown): void {
  if (typeof content === 'string') parts.text(content);
  else if (typeof content === 'number') parts.fixedTokens += 1;
  else if (Array.isArray(content)) for (const part of content) addPart(parts, part);
  else if (isRecord(content)) addPart(parts, content);
}

const MEDIA = /image|audio|file|video|document/;

function addPart(parts: Parts, part: unknown): void {
  if (!isRecord(part)) return addContent(parts, part);
  const { type, text, content, role } = part;
  if (role !== undefined) return addMessage(parts, part);
  if (typeof text === 'string') return parts.text(text);
  if (content !== undefined) return addContent(parts, content);
  if (typeof type === 'string' && MEDIA.test(type)) parts.fixedTokens += TOKENS_PER_MEDIUM;
  else parts.json(part);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
