// The prompt of a request as text and as a number of tokens, whatever endpoint it was sent to. The count is a rule of
// thumb (four characters a token): a fake provider only has to be consistent with itself.
const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 3;

type Body = Readonly<Record<string, unknown>>;

function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content as readonly unknown[]) {
    if (typeof part === 'string') text += part;
    else if (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string') {
      text += part.text;
    }
  }
  return text;
}

function textOfTurn(turn: unknown): string {
  if (typeof turn === 'string') return turn;
  return typeof turn === 'object' && turn !== null && 'content' in turn ? textOfContent(turn.content) : '';
}

function turnsOf(body: Body): readonly unknown[] {
  const turns = body['messages'] ?? body['input'] ?? body['inputs'] ?? body['prompt'] ?? body['query'];
  if (Array.isArray(turns)) return turns as readonly unknown[];
  return turns === undefined ? [] : [turns];
}

/** All text of the prompt, turns joined by line ends. */
export function promptText(body: Body): string {
  return turnsOf(body).map(textOfTurn).join('\n');
}

/** Tokens of the prompt, at least 1. Arrays of token numbers count one each. */
export function promptTokensOf(body: Body): number {
  let tokens = 0;
  for (const turn of turnsOf(body)) {
    if (typeof turn === 'number') tokens += 1;
    else if (Array.isArray(turn)) tokens += turn.length;
    else tokens += TOKENS_PER_MESSAGE + Math.ceil(textOfTurn(turn).length / CHARACTERS_PER_TOKEN);
  }
  return Math.max(1, tokens);
}
