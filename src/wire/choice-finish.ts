// finish_reason of one streamed choice: spelled as OpenAI spells it, and exactly once. Shared by both chunked dialects.
import type { ChoicesReport, ChoiceState, Fields } from './chunk-dialect.ts';
import { openAiFinishReason } from './finish-reason.ts';

/** Repairs `choice.finish_reason` in place and notes it in the state and the report. */
export function repairFinish(choice: Fields, state: ChoiceState, report: ChoicesReport): void {
  const reason = choice['finish_reason'];
  if (reason === null || reason === undefined) return;
  report.slot = undefined;
  if (reason === 'error') {
    // OpenRouter: the generation failed after it began. Not an OpenAI reason: clients would take it for an end.
    report.error = choice['error'] ?? { message: 'the provider ended the stream with an error', code: null };
    return;
  }
  if (typeof reason !== 'string' || reason === '' || state.isFinished) {
    choice['finish_reason'] = null;
    report.isChanged = true;
    return;
  }
  const mapped = openAiFinishReason(reason);
  if (mapped !== reason) report.isChanged = true;
  choice['finish_reason'] = mapped;
  state.isFinished = true;
  report.hasContent = true;
  report.isEmpty = false;
}
