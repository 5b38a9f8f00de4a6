// One request of a client of the soak runs, and what that client would complain about.

export interface Call {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What the end of a whole answer holds. */
  readonly ends: string;
}

/** What a client would complain about, or `undefined`. Never rejects. */
export async function ask(url: string, { path, body, ends }: Call): Promise<string | undefined> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (response.status !== 200) return `${path}: ${response.status} ${text.slice(0, 200)}`;
    return text.includes(ends) ? undefined : `${path}: an answer without its end: ${text.slice(-200)}`;
  } catch (error) {
    return `${path}: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}`;
  }
}
