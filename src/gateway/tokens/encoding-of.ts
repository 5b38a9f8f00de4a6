// Which of OpenAI's vocabularies a model reads. Other vendors' models are counted with the newest one: their own are
// not public, and it is nearer to them than a number of bytes.

export type Encoding = 'o200k_base' | 'cl100k_base';

/** GPT-4 before 4o, GPT-3.5 under both spellings, and the embeddings of their time. */
const OLDER = /(?:^|\/)(?:gpt-4(?!o|\.\d)|gpt-3\.?5|text-embedding-(?:ada-002|3-)|davinci-002|babbage-002)/;

/** `model` with or without its provider in front. */
export function encodingOf(model: string): Encoding {
  return OLDER.test(model) ? 'cl100k_base' : 'o200k_base';
}
