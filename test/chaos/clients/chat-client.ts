// What the chaos suite asks of a client library, and what it can tell of an answer. One file a library; all of them run
// with their own retries off, so that what is tested is the gateway.

export interface ChatRequest {
  /** With `/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly prompt: string;
  readonly stream: boolean;
  /** Forces a call of the function `look_up`; only the raw client does. */
  readonly callsTool?: boolean;
}

/** What the caller of the library has in the end. */
export type Seen =
  | {
      readonly kind: 'answer';
      readonly text: string;
      readonly finish: string | undefined;
      readonly completionTokens: number | undefined;
    }
  | {
      readonly kind: 'error';
      /** What it had got until then. */
      readonly text: string;
      /** Of the answer; `undefined` for an error in a stream that began well. */
      readonly status: number | undefined;
      readonly message: string;
    };

export interface ChatClient {
  readonly name: string;
  /** Resolves with what the library returned or threw; rejects only when the answer breaks the protocol. */
  ask(request: ChatRequest): Promise<Seen>;
  close(): Promise<void>;
}

/** An error as a library threw it: they name the status differently. */
export function seenError(error: unknown, text: string): Seen {
  const message = error instanceof Error ? error.message : JSON.stringify(error);
  const status = member(error, 'status') ?? member(error, 'statusCode') ?? member(member(error, 'cause'), 'status');
  return { kind: 'error', text, status: typeof status === 'number' ? status : undefined, message };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
