// The body of an error as clients of OpenAI and LiteLLM read it. Separate because every plane answers errors, and a
// message may hold anything: the JSON text is always made by JSON.stringify, never by hand.

/** An error for the client, before it becomes bytes. */
export interface ClientError {
  readonly status: number;
  readonly message: string;
  /** OpenAI's error type, or `null` where LiteLLM 1.106 gives none. */
  readonly type: string | null;
  /** `null` on inference routes; the text `"None"` in errors of authentication and management (1.106, 10.8a). */
  readonly param: string | null;
  /** Always text: the HTTP status where the upstream gave no code of its own. */
  readonly code: string | null;
}

/** What authentication and management errors show where there is no type or parameter. */
export const NO_PARAM = 'None';

/** `{"error": {message, type, param, code}}`: all four keys, always; the schema of OpenAI demands them. */
export function errorEnvelope(error: Omit<ClientError, 'status'>): string {
  const { message, type, param, code } = error;
  return JSON.stringify({ error: { message, type, param, code } });
}

/** FastAPI's form, for routes and methods that do not exist and for what the listing routes refuse. */
export function detailEnvelope(detail: string | Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ detail });
}
