// Numbers that a config gives by the class of an error (`retry_policy`, `allowed_fails_policy`): which of them counts for
// a failure. Its own file because retries and the breaker ask the same question.

/** Numbers by LiteLLM's exception class without the module (`Timeout`, `RateLimitError`). */
export interface ClassNumbers {
  readonly byClass: ReadonlyMap<string, number>;
  /** For every class without a number (`DefaultRetries`); `undefined` = there is none. */
  readonly others: number | undefined;
}

/** Classes that are a kind of another one in LiteLLM: where they have no number, the other's counts. */
const PARENTS: Readonly<Record<string, string>> = {
  ContextWindowExceededError: 'BadRequestError',
  ContentPolicyViolationError: 'BadRequestError',
  UnsupportedParamsError: 'BadRequestError',
};

/** The most specific of the classes in `known` that an error of `exceptionClass` belongs to (litellm-1.106.md 4f). */
export function knownClassOf(exceptionClass: string, known: { has(name: string): boolean }): string | undefined {
  if (known.has(exceptionClass)) return exceptionClass;
  const parent = PARENTS[exceptionClass];
  return parent !== undefined && known.has(parent) ? parent : undefined;
}

/** The number for an error of `exceptionClass`; `undefined` = the policy does not say. */
export function numberFor(numbers: ClassNumbers, exceptionClass: string): number | undefined {
  const known = knownClassOf(exceptionClass, numbers.byClass);
  return known === undefined ? numbers.others : numbers.byClass.get(known);
}
