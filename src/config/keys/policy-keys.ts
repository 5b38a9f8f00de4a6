// The fields of `retry_policy` and `allowed_fails_policy`: LiteLLM writes the class of the error and a suffix in one word
// (`RateLimitErrorRetries`). Both policies name the same classes; only the suffix differs.

/** Exception classes by the word that stands for them in a field. */
const CLASS_WORDS: Readonly<Record<string, string>> = {
  BadRequestError: 'BadRequestError',
  AuthenticationError: 'AuthenticationError',
  TimeoutError: 'Timeout',
  RateLimitError: 'RateLimitError',
  ContentPolicyViolationError: 'ContentPolicyViolationError',
  InternalServerError: 'InternalServerError',
  ServiceUnavailableError: 'ServiceUnavailableError',
  NotFoundError: 'NotFoundError',
};

function fieldsOf(words: Readonly<Record<string, string>>, suffix: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(words).map(([word, exceptionClass]) => [word + suffix, exceptionClass]));
}

/** Fields of a policy, and the class that each is for; `others` is the field for every other class. */
export interface PolicyKeys {
  readonly fields: ReadonlyMap<string, string>;
  readonly others: string | undefined;
}

export const RETRY_POLICY_KEYS: PolicyKeys = { fields: fieldsOf(CLASS_WORDS, 'Retries'), others: 'DefaultRetries' };

export const FAILS_POLICY_KEYS: PolicyKeys = {
  fields: fieldsOf({ ...CLASS_WORDS, BadGatewayError: 'BadGatewayError' }, 'AllowedFails'),
  others: undefined,
};
