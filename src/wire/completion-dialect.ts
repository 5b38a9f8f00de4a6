// Text completion chunks (`text_completion`): the same care as for chat where it applies. Content is `choices[].text`.
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

const CHOICE_FRAME: ReadonlySet<string> = new Set(['index', 'finish_reason']);

export class CompletionDialect implements ChunkDialect {
  readonly objectName = 'text_completion';

  repair(choices: readonly Fields[], states: Map<number, ChoiceState>): ChoicesReport {
    const report = emptyReport();
    choices.forEach((choice, position) => {
      repairChoice(choice, choiceState(choice, position, states), report);
    });
    if (choices.length !== 1) report.slot = undefined;
    return report;
  }

  finishing(state: ChoiceState): Fields {
    return { index: state.index, text: '', logprobs: null, finish_reason: 'stop' };
  }

  choicesOfAnswer(answer: Fields): readonly (readonly Fields[])[] | undefined {
    // A complete answer has the same choices as a chunk.
    const choices = Array.isArray(answer['choices']) ? answer['choices'].filter(isFields) : [];
    const isAnswer = choices.length > 0 && choices.every((choice) => typeof choice['text'] === 'string');
    return isAnswer ? [choices.map((choice, position) => ({ index: position, ...choice }))] : undefined;
  }
}

function repairChoice(choice: Fields, state: ChoiceState, report: ChoicesReport): void {
  if (choice['index'] !== state.index) {
    choice['index'] = state.index;
    report.isChanged = true;
  }
  if (typeof choice['text'] !== 'string') {
    choice['text'] = ''; // clients join it without looking
    report.isChanged = true;
  }
  if (!isBlankBut(choice, CHOICE_FRAME)) report.isEmpty = false;
  const text = choice['text'];
  if (typeof text === 'string' && text !== '') {
    report.hasContent = true;
    report.text += text;
    if (isBlank(choice['logprobs'])) report.slot = 'text';
  }
  repairFinish(choice, state, report);
}
