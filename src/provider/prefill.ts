// Who goes on from a last assistant message instead of answering it, and how it is asked to. Only what the vendor
// documents and a test backs; everywhere else a broken stream is recovered by asking for the answer once more.

interface PrefillRow {
  readonly provider: string;
  /** Upstream models; absent = all. */
  readonly models?: RegExp;
  /** Members of the message that holds the beginning. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Members of the request. */
  readonly request: Readonly<Record<string, unknown>>;
}

/**
 * vLLM: `continue_final_message` with `add_generation_prompt: false` (its OpenAI-compatible server). Mistral: `prefix`
 * on the message. DeepSeek: the same, on its beta address only, which is LiteLLM's default for the provider.
 */
const ROWS: readonly PrefillRow[] = [
  { provider: 'hosted_vllm', message: {}, request: { continue_final_message: true, add_generation_prompt: false } },
  { provider: 'vllm', message: {}, request: { continue_final_message: true, add_generation_prompt: false } },
  { provider: 'mistral', message: { prefix: true }, request: {} },
  { provider: 'deepseek', models: /^deepseek-chat$/, message: { prefix: true }, request: {} },
];

function rowFor(provider: string, model: string): PrefillRow | undefined {
  return ROWS.find((row) => row.provider === provider && (row.models === undefined || row.models.test(model)));
}

/** Whether a chat of this deployment can be gone on with. */
export function continuesPrefill(provider: string, upstreamModel: string): boolean {
  return rowFor(provider, upstreamModel) !== undefined;
}

/** Request members that ask for the rest of an answer which begins with `content`; `undefined` = it cannot be done. */
export function prefillMembers(
  target: { readonly provider: string; readonly upstreamModel: string },
  messages: unknown,
  content: string,
): Readonly<Record<string, unknown>> | undefined {
  const row = rowFor(target.provider, target.upstreamModel);
  if (row === undefined || !Array.isArray(messages)) return undefined;
  return { ...row.request, messages: [...(messages as unknown[]), { role: 'assistant', content, ...row.message }] };
}
