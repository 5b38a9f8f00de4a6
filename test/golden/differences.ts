// Recorded cases that Loadstone answers differently on purpose, by the section of docs/differences.md where users find the
// reason. Each names the requests of the case that differ, from 1 (an empty list = the start of the gateway): the others
// must be equal. What is listed and equal fails the suite, so the table cannot go stale.

/** One case that differs on purpose, or a part of it. */
export interface DifferenceRow {
  /** The full id of the case. */
  readonly id: string;
  readonly reason: string;
  /** An anchor in docs/differences.md. */
  readonly anchor: string;
  /** The requests that differ, from 1; empty = the whole case. */
  readonly requests: readonly number[];
  /** On which side of a moment a request falls depends on the speed of the machine, so it may be equal as well. */
  readonly dependsOnTiming?: true;
}

type Reason = Omit<DifferenceRow, 'id' | 'requests'>;

function because(reason: Reason, cases: Readonly<Record<string, readonly number[]>>): DifferenceRow[] {
  return Object.entries(cases).map(([id, requests]) => ({ ...reason, id, requests }));
}

export const DIFFERENCES: readonly DifferenceRow[] = [
  ...because(
    { anchor: 'weak-or-missing-master-key', reason: 'a weak or missing master key starts, on loopback only' },
    {
      'a02-start-without-master-key': [],
      'a03-start-with-master-key-sk-1234': [],
    },
  ),
  ...because(
    {
      anchor: 'trailing-commas-and-comments',
      reason: 'trailing commas and comments in a JSON body are accepted',
    },
    {
      'a04-doc23-curl-trailing-comma': [1],
      'c04-invalid-json': [3, 6, 9],
    },
  ),
  ...because(
    { anchor: 'string-contents', reason: 'the contents of strings are the business of the provider' },
    {
      'c04-invalid-json': [10, 11],
    },
  ),
  ...because(
    { anchor: 'mock-fields', reason: 'mock fields work without a switch' },
    {
      'a18-doc24-mock-rate-limit': [1],
      'a19-doc24-mock-rate-limit-stream': [1],
      'd52-mock-response-body': [1, 2, 3, 4, 5, 6, 7, 9, 10],
    },
  ),
  ...because(
    {
      anchor: 'model-group-info',
      reason: '/v1/model_group/info is served, because the 2024 document names it',
    },
    {
      'a15-doc23-2-listing': [3],
      'a21-doc24-listing': [3],
      'a25-doc24-alias-config': [4],
      'a26-doc24-hidden-alias': [5],
      'b05-model-group-info': [1, 2],
    },
  ),
  ...because(
    { anchor: 'model-info-v2', reason: '/v2/model/info needs no database' },
    {
      'b04-v2-model-info': [1, 2],
    },
  ),
  ...because(
    { anchor: 'metrics', reason: '/metrics is served without a callback' },
    {
      'b09-test': [2],
    },
  ),
  ...because(
    { anchor: 'health-checks', reason: 'a health check calls each deployment once' },
    {
      'b13-health': [1],
    },
  ),
  ...because(
    { anchor: 'aliases-inherit-fallbacks', reason: 'an alias inherits the fallbacks of its group' },
    {
      'd81-alias-and-fallback': [1],
    },
  ),
  ...because(
    {
      anchor: 'retry-after',
      reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    },
    {
      'c29-upstream-e429ra2': [1, 2],
      'c30-upstream-e429ra90': [1, 2],
      'c48-upstream-text429': [1, 2],
      'd23-retry-after': [3],
      'd24-retry-after-two': [1],
      'e22-all-in-cooldown': [4, 5],
      'e61-deployment-cooldown-time': [2],
      'e62-retry-after-cooldown': [4],
      'g14-usage-v2-limits': [2],
      'g19-enforce-model-rate-limits': [1],
    },
  ),
  ...because(
    { anchor: 'a-retry-prefers-an-untried-deployment', reason: 'a retry goes to another deployment first' },
    {
      'e34-retries-count-as-failures': [1],
    },
  ),
  ...because(
    { anchor: 'every-failing-attempt-counts', reason: 'every failing attempt counts for health' },
    {
      'e08-two-e409': [1],
      'e27-mid-stream-errors': [1],
      'e30-error-first-in-stream': [1],
      'e33-refused-other-providers': [1, 3],
    },
  ),
  ...because(
    { anchor: 'allowed-fails', reason: 'allowed_fails means its number wherever it stands' },
    {
      'e40-litellm-settings-allowed-fails-0': [1, 2],
      'e41-litellm-settings-allowed-fails-1': [1, 2],
      'e42-litellm-settings-allowed-fails-3': [1, 2],
      'e45-router-settings-allowed-fails-3': [1, 2],
    },
  ),
  ...because(
    {
      anchor: 'refused-keys',
      reason: 'after 401 and 403 another deployment is asked, and none twice',
    },
    {
      'd02-default-retries-e401': [2],
      'd03-default-retries-e403': [1],
    },
  ),
  ...because(
    { anchor: 'hidden-retries-of-embeddings', reason: 'num_retries is the number of retries, everywhere' },
    {
      'c63-embedding-completion-errors': [1, 3],
      'd30-embedding-retries': [1],
      'd34-embedding-sdk-retries': [1, 2, 3, 4],
      'e29-embedding-429': [1],
      'f09-embedding-timeouts': [1],
    },
  ),
  ...because(
    {
      anchor: 'failures-before-the-first-content',
      reason: 'a stream that fails before its first content is retried or has an error status',
    },
    {
      'd28-stream-error-event-first': [1, 2],
      'f07-body-stream-timeout': [2],
      'f08-other-providers': [5],
      'f20-router-timeout': [4],
      'f21-router-stream-timeout': [3],
      'h12-cut-before-first': [1],
    },
  ),
  ...because(
    { anchor: 'stream-recovery', reason: 'a stream that breaks after its first content is gone on with' },
    { 'd66-stream-fallbacks': [3, 4] },
  ),
  ...because(
    { anchor: 'failures-before-the-first-content', reason: 'a stream with an empty body or no JSON is a failure' },
    {
      'c43-upstream-garbage': [2],
      'c44-upstream-empty200': [2],
    },
  ),
  ...because(
    {
      anchor: 'tolerant-streams',
      reason: 'plain JSON in answer to a stream keeps its text',
    },
    {
      'h28-json-instead-of-stream': [1],
    },
  ),
  ...because(
    {
      anchor: 'tolerant-streams',
      reason: 'comments, empty events and unknown fields do not end a stream',
    },
    {
      'h19-comments': [1],
      'h32-retry-line': [1],
    },
  ),
  ...because(
    { anchor: 'tolerant-streams', reason: 'every choice has its finish_reason' },
    {
      'h24-two-choices': [1],
    },
  ),
  ...because(
    { anchor: 'limits-are-enforced', reason: 'rpm and tpm are limits in sliding windows' },
    {
      'g06-rpm-tpm': [2, 3],
      'g08-rpm-not-a-limit': [1],
      'g09-rpm-caps-concurrency': [1],
      'g16-usage-v2-tpm': [1],
    },
  ),
  ...because(
    {
      anchor: 'missing-weights',
      reason: 'a deployment without weight beside weighted ones gets the mean weight',
    },
    {
      'g04-weight-on-first-only': [1, 2],
    },
  ),
  ...because(
    { anchor: 'weights-as-text', reason: 'a weight that is a number in quotes is a number' },
    {
      'g07-weight-float-string': [2],
    },
  ),
  ...because(
    { anchor: 'least-busy-ties', reason: 'least-busy draws among equals' },
    {
      'g12-least-busy': [1],
    },
  ),
  ...because(
    { anchor: 'wrong-timeouts', reason: 'a timeout that is no number is a 400' },
    {
      'c09-params-wrong-type': [6],
      'c10-bad-timeout-header': [1, 2],
    },
  ),
  ...because(
    { anchor: 'bodies-that-are-no-object', reason: 'a body that is no object is a 400' },
    {
      'c05-body-not-object': [2, 3, 4, 5, 7],
    },
  ),
  ...because(
    { anchor: 'authentication-errors', reason: 'the key is checked before the body is read' },
    {
      'i06-error-before-auth': [1, 5],
    },
  ),
  ...because(
    {
      anchor: 'bodies-as-they-came',
      reason: 'traces of client libraries are not added to bodies and paths',
    },
    {
      'a08-doc23-huggingface-chat': [1, 2],
      'a09-doc23-dynamic-curl': [1],
      'a14-doc23-all-down': [1],
      'a42-azure-embeddings-completions': [1],
      'a43-huggingface-chat': [1, 2, 3, 4, 5, 6],
      'a45-huggingface-completion-embedding': [1],
      'a54-model-is-litellm-string': [1],
      'a61-content-parts': [2],
      'c07-messages-wrong': [6],
      'c61-huggingface-errors': [1, 2, 3, 4, 5, 6, 7],
      'f08-other-providers': [2],
      'g56-drop-params-global': [2],
    },
  ),
  ...because(
    {
      anchor: 'overflows-in-any-words',
      reason: 'the words for an overflow of all vendors are known',
    },
    {
      'a11-doc23-context-fallback': [1],
    },
  ),
  ...because(
    {
      anchor: 'prompts-that-fit-nowhere',
      reason: 'the fallback for an overflow is asked by the estimate of its window',
    },
    {
      'g21-pre-call-context': [3],
    },
  ),
  ...because(
    {
      anchor: 'content-policy-refusals',
      reason: 'overflows and refusals do not go to default_fallbacks',
    },
    {
      'd90-default-fallbacks': [3, 4, 5],
    },
  ),
  ...because(
    {
      anchor: 'authentication-errors',
      reason: 'authentication errors do not depend on a package of LiteLLM',
    },
    {
      'i30-no-key-without-prisma-package': [1, 3, 4],
    },
  ),
  ...because(
    {
      anchor: 'half-open-instead-of-blind-return',
      reason: 'an open deployment is probed after a second instead of resting for a fixed time',
      dependsOnTiming: true,
    },
    {
      'e02-two-e500': [1],
      'e12-two-reset': [1],
      'e13-two-garbage': [1],
      'e31-half-failing': [1],
      'e32-two-thirds-failing': [1],
    },
  ),
  ...because(
    { anchor: 'azure-v1-paths', reason: 'an /openai/v1 that api_base has already is not repeated' },
    { 'a62-azure-version-forms': [1] },
  ),
  ...because(
    { anchor: 'mixed-fallback-lists', reason: 'a list that mixes names and maps is honoured as it stands' },
    { 'd76-body-fallbacks-maps': [2] },
  ),
  ...because(
    { anchor: 'retry-after', reason: 'a request waits for a time that a provider named', dependsOnTiming: true },
    { 'e62-retry-after-cooldown': [5], 'd24-retry-after-two': [2, 3] },
  ),
  ...because(
    { anchor: 'faults-of-litellm', reason: 'a fault of LiteLLM itself' },
    {
      'a45-huggingface-completion-embedding': [2],
      'a47-openai-compatible-prefixes': [3],
      'c04-invalid-json': [7],
    },
  ),
  ...because(
    { anchor: 'wildcard-listings', reason: 'wildcards list the models of the shipped table' },
    { 'b01-models': [1, 2, 4], 'g54-wildcards': [10] },
  ),
  ...because({ anchor: 'docs-page', reason: '/docs shows what is served' }, { 'i05-open-routes': [12] }),
  ...because(
    { anchor: 'out-of-rotation', reason: 'a missing key is known at the start, not at each request' },
    { 'g53-cli-model': [2, 3] },
  ),
];
