// What differs between the two chunked dialects, chat and text completions: how a choice is read, repaired and closed.
// Everything else about their streams is shared (`ChunkStream`).

/** A JSON object from outside, read field by field. */
export type Fields = Record<string, unknown>;

/** Members of a chunk that say nothing by themselves: an event with empty choices and only these is dropped. */
export const CHUNK_FRAME: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'system_fingerprint',
  'service_tier',
  'provider',
  'obfuscation',
]);

/** What is known of one choice so far. */
export interface ChoiceState {
  readonly index: number;
  hasRole: boolean;
  isFinished: boolean;
  /** Decides the finish_reason that is supplied when the upstream forgot it. */
  sawToolCall: boolean;
  sawFunctionCall: boolean;
}

/** What repairing the choices of one event came to. */
export interface ChoicesReport {
  /** The event must be written anew; otherwise its own text may leave. */
  isChanged: boolean;
  /** Nothing in the choices is worth an event. */
  isEmpty: boolean;
  /** First content or a finish_reason: the commit point. */
  hasContent: boolean;
  /** Generated text of this event, in order. */
  text: string;
  /** Member whose string is all that a following event is likely to change, if outputs depend on nothing else. */
  slot: string | undefined;
  /** Outputs of later events may differ from those of equal earlier ones. */
  isTurningPoint: boolean;
  /** A choice says that it ended in an error. */
  error: unknown;
}

export interface ChunkDialect {
  /** `object` of every chunk. */
  readonly objectName: string;
  /** Repairs the choices in place. */
  repair(choices: readonly Fields[], states: Map<number, ChoiceState>): ChoicesReport;
  /** The choice that closes one which has no finish_reason. */
  finishing(state: ChoiceState): Fields;
  /** Choices of the chunks that say what a complete answer says; `undefined` if it is none. */
  choicesOfAnswer(answer: Fields): readonly (readonly Fields[])[] | undefined;
}

export function emptyReport(): ChoicesReport {
  return {
    isChanged: false,
    isEmpty: true,
    hasContent: false,
    text: '',
    slot: undefined,
    isTurningPoint: false,
    error: undefined,
  };
}

/** The state of a choice, made on first sight; a missing index is the position. */
export function choiceState(choice: Fields, position: number, states: Map<number, ChoiceState>): ChoiceState {
  const index = typeof choice['index'] === 'number' ? choice['index'] : position;
  let state = states.get(index);
  if (state === undefined) {
    state = { index, hasRole: false, isFinished: false, sawToolCall: false, sawFunctionCall: false };
    states.set(index, state);
  }
  return state;
}

/** Every choice that was seen has its finish_reason: the answer is whole even if `[DONE]` never comes. */
export function areFinished(states: ReadonlyMap<number, ChoiceState>): boolean {
  for (const state of states.values()) if (!state.isFinished) return false;
  return states.size > 0;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null, an empty string, list or object: says nothing. */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** All members but the named ones are blank. */
export function isBlankBut(fields: Fields, ignored: ReadonlySet<string>): boolean {
  for (const key in fields) if (!ignored.has(key) && !isBlank(fields[key])) return false;
  return true;
}
