// What an error text may mention, and what an error is. Its own file because every vendor's table takes and makes them.

/** What the texts mention. */
export interface ErrorContext {
  readonly model: string;
  readonly method: string;
  readonly path: string;
  readonly apiVersion: string | undefined;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly contextWindowTokens: number;
  /** Whole seconds, for texts that say when to come back. */
  readonly retryAfterSeconds: number;
  /** What was exceeded, for rate limits. */
  readonly limited: 'requests' | 'tokens';
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  readonly requestId: string;
  /** Instead of the vendor's text. */
  readonly message: string | undefined;
}

export interface VendorError {
  readonly status: number;
  readonly body: unknown;
}
