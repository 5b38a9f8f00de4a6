// Whether a decision hangs on the true size of the prompt: only then is the tokenizer worth its time (DESIGN 6). The
// estimate is bytes through four, which is right within a factor of two for nearly every text.
import type { Deployment } from '../deployment.ts';
import type { SelectContext } from '../select/select-context.ts';
import type { DeploymentIndex } from '../units.ts';

/** The truth is at most so many times the estimate, and at least its share. */
export const ERROR_OF_ESTIMATE = 2;

/** The first candidate whose window the estimate is near, or whose whole tpm or itpm it exceeds. */
export function hangsOnCount(context: SelectContext): DeploymentIndex | undefined {
  const { table, candidates } = context;
  return candidates.find((index) => {
    const deployment = table.deployments[index];
    if (deployment === undefined || deployment.outOfRotation !== undefined) return false;
    return isNearWindow(deployment, context) || exceedsLimit(deployment, context);
  });
}

function isNearWindow({ maxInputTokens }: Deployment, { minInputTokens }: SelectContext): boolean {
  if (minInputTokens === 0 || maxInputTokens === undefined) return false;
  return minInputTokens >= maxInputTokens / ERROR_OF_ESTIMATE && minInputTokens <= maxInputTokens * ERROR_OF_ESTIMATE;
}

function exceedsLimit({ limits }: Deployment, { table, promptTokens }: SelectContext): boolean {
  if (!table.settings.enforceLimits) return false;
  return promptTokens > Math.min(limits.tpm ?? Infinity, limits.itpm ?? Infinity);
}
