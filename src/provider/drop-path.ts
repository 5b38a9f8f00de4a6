// Cuts one nested path (`additional_drop_params: ["tools[*].function.strict"]`) out of a parsed value. The notation is
// LiteLLM's: dots for members, `[*]` for every item, `[2]` for one.

/** `a.b[*].c` to its steps without the first, which names the top-level member. */
export function stepsBelowRoot(path: string): readonly string[] {
  const steps = path.split(/\.|\[([^\]]*)\]/).filter((step) => step !== undefined && step !== '');
  return steps.slice(1);
}

/** Changes `value` in place; a path that leads nowhere changes nothing. */
export function dropPath(value: unknown, steps: readonly string[]): void {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return;
  if (step === '*') {
    for (const item of Array.isArray(value) ? value : Object.values(value)) dropPath(item, rest);
    return;
  }
  const container = value as Record<string, unknown>;
  if (!Object.hasOwn(container, step)) return;
  if (rest.length > 0) dropPath(container[step], rest);
  else if (Array.isArray(value)) value.splice(Number(step), 1);
  else delete container[step];
}
