// Chat completion chunks: what clients stumble over is put right in each delta (role once, tool calls indexed, nulls
// and repetitions out), and what counts as content is decided here. Each repair answers a failure of a real client.
import { repairFinish } from './choice-finish.ts';
import {
  choiceState,
  emptyReport,
  isBlank,
  isBlankBut,
  isFields,
  type ChoicesReport,
  type ChoiceState,
  type ChunkDialect,
  type Fields,
} from './chunk-dialect.ts';
import { ToolCallRepair } from './tool-call-repair.ts';

/** Members of a delta that are generated content: the first of them is the commit point (DESIGN 4.6). */
const CONTENT_KEYS: ReadonlySet<string> = new Set([
  'content',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'thinking_blocks',
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'images',
]);
const CHOICE_FRAME: ReadonlySet<string> = new Set(['index', 'delta', 'finish_reason']);

export class ChatDialect implements ChunkDialect {
  readonly objectName = 'chat.completion.chunk';
  readonly #tools = new Map<number, ToolCallRepair>();
  readonly #idSeed: string;

  constructor(idSeed: string) {
    this.#idSeed = idSeed;
  }

  repair(choices: readonly Fields[], states: Map<number, ChoiceState>): ChoicesReport {
    const report = emptyReport();
    choices.forEach((choice, position) => {
      this.#repairChoice(choice, choiceState(choice, position, states), report);
    });
    if (choices.length !== 1) report.slot = undefined;
    return report;
  }

  finishing(state: ChoiceState): Fields {
    const calls = state.sawFunctionCall ? 'function_call' : 'stop';
    const finishReason = state.sawToolCall ? 'tool_calls' : calls;
    return { index: state.index, delta: {}, logprobs: null, finish_reason: finishReason };
  }

  choicesOfAnswer(answer: Fields): readonly (readonly Fields[])[] | undefined {
    const choices = Array.isArray(answer['choices']) ? answer['choices'].filter(isFields) : [];
    if (choices.length === 0 || !choices.every((choice) => isFields(choice['message']))) return undefined;
    const indexed = choices.map((choice, position) => ({ index: position, ...choice }));
    return [
      indexed.map(({ message, ...choice }: Fields) => ({ ...choice, delta: message, finish_reason: null })),
      indexed.map((choice: Fields) => ({ index: choice['index'], delta: {}, finish_reason: choice['finish_reason'] })),
    ];
  }

  #repairChoice(choice: Fields, state: ChoiceState, report: ChoicesReport): void {
    if (choice['index'] !== state.index) {
      choice['index'] = state.index;
      report.isChanged = true;
    }
    const delta = isFields(choice['delta']) ? choice['delta'] : {};
    if (delta !== choice['delta'] || 'message' in choice) {
      // A full `message` beside deltas repeats them (MiniMax's last chunk).
      delete choice['message'];
      choice['delta'] = delta;
      report.isChanged = true;
    }
    repairDelta(choice, state, report);
    if (!isBlankBut(choice, CHOICE_FRAME)) report.isEmpty = false;
    if (isFields(choice['delta'])) this.#readContent(choice['delta'], state, report);
    if (!isBlank(choice['logprobs'])) report.slot = undefined;
    if (!state.hasRole) {
      // What follows the first delta of a choice is treated otherwise than the first: no template from this one.
      state.hasRole = true;
      report.slot = undefined;
      report.isEmpty = false;
    }
    repairFinish(choice, state, report);
  }

  /** Which content this delta brings; a lone non-empty string is a slot. */
  #readContent(delta: Fields, state: ChoiceState, report: ChoicesReport): void {
    let members = 0;
    for (const key in delta) {
      const value = delta[key];
      if (key === 'role' || isBlank(value)) continue;
      members += 1;
      report.isEmpty = false;
      if (!CONTENT_KEYS.has(key)) continue;
      report.hasContent = true;
      if (typeof value === 'string') {
        report.text += value;
        report.slot = key;
      } else if (key === 'tool_calls') this.#readToolCalls(delta, state, report);
      else if (key === 'function_call') readFunctionCall(value, state, report);
    }
    if (members !== 1) report.slot = undefined;
  }

  #readToolCalls(delta: Fields, state: ChoiceState, report: ChoicesReport): void {
    const value = delta['tool_calls'];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]; // TGI 2 sends the call without a list
    if (list !== value) report.isChanged = true;
    const calls = list.filter(isFields);
    delta['tool_calls'] = calls;
    state.sawToolCall = true;
    const tools = this.#toolsOf(state);
    for (const call of calls) {
      const repaired = tools.repair(call);
      if (repaired.isChanged) report.isChanged = true;
      if (repaired.isNew) report.isTurningPoint = true;
      if (isFields(call['function']) && typeof call['function']['arguments'] === 'string') {
        report.text += call['function']['arguments'];
      }
      report.slot = repaired.isNew || calls.length !== 1 ? undefined : 'arguments';
    }
  }

  #toolsOf(state: ChoiceState): ToolCallRepair {
    let tools = this.#tools.get(state.index);
    if (tools === undefined) {
      tools = new ToolCallRepair(state.index === 0 ? this.#idSeed : `${this.#idSeed}_${state.index}`);
      this.#tools.set(state.index, tools);
    }
    return tools;
  }
}

/** The first delta of a choice says who speaks, no other does; members that are null say nothing and go. */
function repairDelta(choice: Fields, state: ChoiceState, report: ChoicesReport): void {
  const delta = isFields(choice['delta']) ? choice['delta'] : {};
  if (delta !== choice['delta'] || 'message' in choice) {
    delete choice['message']; // beside deltas it repeats them (MiniMax's last chunk)
    choice['delta'] = delta;
    report.isChanged = true;
  }
  for (const key in delta) {
    if (delta[key] !== null && (key !== 'role' || !state.hasRole)) continue;
    delete delta[key];
    report.isChanged = true;
  }
  if (state.hasRole || delta['role'] === 'assistant') return;
  choice['delta'] = { ...delta, role: 'assistant' };
  report.isChanged = true;
}

function readFunctionCall(value: unknown, state: ChoiceState, report: ChoicesReport): void {
  state.sawFunctionCall = true;
  if (isFields(value) && typeof value['arguments'] === 'string') report.text += value['arguments'];
}
