// Recorded cases that Loadstone answers differently on purpose. Every row names the section of docs/differences.md where
// users find the reason. A row whose case is equal fails the suite, so the table cannot go stale.

/** One case that differs on purpose. */
export interface DifferenceRow {
  /** The full id of the case. */
  readonly id: string;
  readonly reason: string;
  /** An anchor in docs/differences.md. */
  readonly anchor: string;
  /** The requests of the case that differ, from 1; none named = the whole case. */
  readonly requests?: readonly number[];
  /** On which side of a moment a request falls depends on the speed of the machine, so it may be equal as well. */
  readonly dependsOnTiming?: true;
}

export const DIFFERENCES: readonly DifferenceRow[] = [
  {
    id: 'a02-start-without-master-key',
    reason: 'Loadstone starts without a strong master key, on loopback only',
    anchor: 'weak-or-missing-master-key',
  },
  {
    id: 'a03-start-with-master-key-sk-1234',
    reason: 'Loadstone starts without a strong master key, on loopback only',
    anchor: 'weak-or-missing-master-key',
  },
  {
    id: 'a04-doc23-curl-trailing-comma',
    reason: 'trailing commas and comments in a JSON body are accepted',
    anchor: 'trailing-commas-and-comments',
    requests: [1],
  },
  {
    id: 'c04-invalid-json',
    reason: 'trailing commas and comments in a JSON body are accepted',
    anchor: 'trailing-commas-and-comments',
    requests: [3, 6],
  },
  {
    id: 'a18-doc24-mock-rate-limit',
    reason: 'mock fields work without a master key',
    anchor: 'mock-fields',
    requests: [1],
  },
  {
    id: 'a19-doc24-mock-rate-limit-stream',
    reason: 'mock fields work without a master key',
    anchor: 'mock-fields',
    requests: [1],
  },
  {
    id: 'a15-doc23-2-listing',
    reason: '/v1/model_group/info is served: the 2024 document names it',
    anchor: 'model-group-info',
    requests: [3],
  },
  {
    id: 'a21-doc24-listing',
    reason: '/v1/model_group/info is served: the 2024 document names it',
    anchor: 'model-group-info',
    requests: [3],
  },
  {
    id: 'a25-doc24-alias-config',
    reason: '/v1/model_group/info is served: the 2024 document names it',
    anchor: 'model-group-info',
    requests: [4],
  },
  {
    id: 'a26-doc24-hidden-alias',
    reason: '/v1/model_group/info is served: the 2024 document names it',
    anchor: 'model-group-info',
    requests: [5],
  },
  {
    id: 'b05-model-group-info',
    reason: '/v1/model_group/info is served: the 2024 document names it',
    anchor: 'model-group-info',
    requests: [1, 2],
  },
  {
    id: 'b04-v2-model-info',
    reason: '/v2/model/info needs no database',
    anchor: 'model-info-v2',
    requests: [1, 2],
  },
  {
    id: 'b09-test',
    reason: '/metrics is always served',
    anchor: 'metrics',
    requests: [2],
  },
  {
    id: 'a62-azure-version-forms',
    reason: 'an Azure api_base that ends in /openai/v1 is not repeated in the path',
    anchor: 'azure-v1-paths',
    requests: [1],
  },
  {
    id: 'd81-alias-and-fallback',
    reason: 'a request by alias uses the fallbacks of its group',
    anchor: 'aliases-inherit-fallbacks',
    requests: [1],
  },
  {
    id: 'c29-upstream-e429ra2',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [1, 2],
  },
  {
    id: 'c30-upstream-e429ra90',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [1, 2],
  },
  {
    id: 'c48-upstream-text429',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [1, 2],
  },
  {
    id: 'd23-retry-after',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [3],
  },
  {
    id: 'd24-retry-after-two',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [1, 2, 3],
  },
  {
    id: 'e22-all-in-cooldown',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [4, 5],
  },
  {
    id: 'e61-deployment-cooldown-time',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [2],
  },
  {
    id: 'g14-usage-v2-limits',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [2],
  },
  {
    id: 'g19-enforce-model-rate-limits',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [1],
  },
  {
    id: 'e34-retries-count-as-failures',
    reason: 'a retry goes to another deployment',
    anchor: 'a-retry-prefers-an-untried-deployment',
    requests: [1],
  },
  {
    id: 'e08-two-e409',
    reason: '409, stream errors and refused connections of every provider count against the deployment',
    anchor: 'every-failing-attempt-counts',
    requests: [1],
  },
  {
    id: 'e27-mid-stream-errors',
    reason: '409, stream errors and refused connections of every provider count against the deployment',
    anchor: 'every-failing-attempt-counts',
    requests: [1],
  },
  {
    id: 'e30-error-first-in-stream',
    reason: '409, stream errors and refused connections of every provider count against the deployment',
    anchor: 'every-failing-attempt-counts',
    requests: [1],
  },
  {
    id: 'e33-refused-other-providers',
    reason: '409, stream errors and refused connections of every provider count against the deployment',
    anchor: 'every-failing-attempt-counts',
    requests: [1, 3],
  },
  {
    id: 'e02-two-e500',
    reason: 'an open deployment is probed after a second instead of resting for a fixed time',
    anchor: 'half-open-instead-of-blind-return',
    requests: [1],
    dependsOnTiming: true,
  },
  {
    id: 'e12-two-reset',
    reason: 'an open deployment is probed after a second instead of resting for a fixed time',
    anchor: 'half-open-instead-of-blind-return',
    requests: [1],
    dependsOnTiming: true,
  },
  {
    id: 'e13-two-garbage',
    reason: 'an open deployment is probed after a second instead of resting for a fixed time',
    anchor: 'half-open-instead-of-blind-return',
    requests: [1],
    dependsOnTiming: true,
  },
  {
    id: 'e31-half-failing',
    reason: 'an open deployment is probed after a second instead of resting for a fixed time',
    anchor: 'half-open-instead-of-blind-return',
    requests: [1],
    dependsOnTiming: true,
  },
  {
    id: 'e32-two-thirds-failing',
    reason: 'an open deployment is probed after a second instead of resting for a fixed time',
    anchor: 'half-open-instead-of-blind-return',
    requests: [1],
    dependsOnTiming: true,
  },
  {
    id: 'e40-litellm-settings-allowed-fails-0',
    reason: 'allowed_fails means its number wherever it stands',
    anchor: 'allowed-fails',
    requests: [1, 2],
  },
  {
    id: 'e41-litellm-settings-allowed-fails-1',
    reason: 'allowed_fails means its number wherever it stands',
    anchor: 'allowed-fails',
    requests: [1, 2],
  },
  {
    id: 'e42-litellm-settings-allowed-fails-3',
    reason: 'allowed_fails means its number wherever it stands',
    anchor: 'allowed-fails',
    requests: [1, 2],
  },
  {
    id: 'e45-router-settings-allowed-fails-3',
    reason: 'allowed_fails means its number wherever it stands',
    anchor: 'allowed-fails',
    requests: [1, 2],
  },
  {
    id: 'd30-embedding-retries',
    reason: 'embeddings and text completions are not retried beyond num_retries',
    anchor: 'hidden-retries-of-embeddings',
    requests: [1],
  },
  {
    id: 'd34-embedding-sdk-retries',
    reason: 'embeddings and text completions are not retried beyond num_retries',
    anchor: 'hidden-retries-of-embeddings',
    requests: [1, 2, 3, 4],
  },
  {
    id: 'e29-embedding-429',
    reason: 'embeddings and text completions are not retried beyond num_retries',
    anchor: 'hidden-retries-of-embeddings',
    requests: [1],
  },
  {
    id: 'f09-embedding-timeouts',
    reason: 'embeddings and text completions are not retried beyond num_retries',
    anchor: 'hidden-retries-of-embeddings',
    requests: [1],
  },
  {
    id: 'c43-upstream-garbage',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [2],
  },
  {
    id: 'c44-upstream-empty200',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [2],
  },
  {
    id: 'd28-stream-error-event-first',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [1, 2],
  },
  {
    id: 'f07-body-stream-timeout',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [2],
  },
  {
    id: 'f20-router-timeout',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [4],
  },
  {
    id: 'f21-router-stream-timeout',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [3],
  },
  {
    id: 'h12-cut-before-first',
    reason: 'a stream that fails before its first content is a failure with a status, and is retried',
    anchor: 'failures-before-the-first-content',
    requests: [1],
  },
  {
    id: 'h19-comments',
    reason: 'a stream with odd lines, plain JSON or one missing finish_reason still yields its content',
    anchor: 'tolerant-streams',
    requests: [1],
  },
  {
    id: 'h24-two-choices',
    reason: 'a stream with odd lines, plain JSON or one missing finish_reason still yields its content',
    anchor: 'tolerant-streams',
    requests: [1],
  },
  {
    id: 'h28-json-instead-of-stream',
    reason: 'a stream with odd lines, plain JSON or one missing finish_reason still yields its content',
    anchor: 'tolerant-streams',
    requests: [1],
  },
  {
    id: 'h32-retry-line',
    reason: 'a stream with odd lines, plain JSON or one missing finish_reason still yields its content',
    anchor: 'tolerant-streams',
    requests: [1],
  },
  {
    id: 'g06-rpm-tpm',
    reason: 'rpm and tpm are limits in sliding windows',
    anchor: 'limits-are-enforced',
    requests: [2, 3],
  },
  {
    id: 'g08-rpm-not-a-limit',
    reason: 'rpm and tpm are limits in sliding windows',
    anchor: 'limits-are-enforced',
    requests: [1],
  },
  {
    id: 'g09-rpm-caps-concurrency',
    reason: 'rpm and tpm are limits in sliding windows',
    anchor: 'limits-are-enforced',
    requests: [1],
  },
  {
    id: 'g16-usage-v2-tpm',
    reason: 'rpm and tpm are limits in sliding windows',
    anchor: 'limits-are-enforced',
    requests: [1],
  },
  {
    id: 'g04-weight-on-first-only',
    reason: 'a deployment without weight beside weighted ones gets the mean weight',
    anchor: 'missing-weights',
    requests: [1, 2],
  },
  {
    id: 'g07-weight-float-string',
    reason: 'a weight that is a number in quotes is a number',
    anchor: 'weights-as-text',
    requests: [2],
  },
  {
    id: 'g12-least-busy',
    reason: 'ties of least-busy are broken at random',
    anchor: 'least-busy-ties',
    requests: [1],
  },
  {
    id: 'c09-params-wrong-type',
    reason: 'a timeout that is not a number is the error of the request, 400',
    anchor: 'wrong-timeouts',
    requests: [6],
  },
  {
    id: 'c10-bad-timeout-header',
    reason: 'a timeout that is not a number is the error of the request, 400',
    anchor: 'wrong-timeouts',
    requests: [1, 2],
  },
  {
    id: 'b13-health',
    reason: 'a health check calls each deployment once',
    anchor: 'health-checks',
    requests: [1],
  },
  {
    id: 'i30-no-key-without-prisma-package',
    reason: 'authentication errors need no database client',
    anchor: 'authentication-errors',
    requests: [1, 3, 4],
  },
  {
    id: 'c63-embedding-completion-errors',
    reason: 'embeddings and text completions are not retried beyond num_retries',
    anchor: 'hidden-retries-of-embeddings',
    requests: [1, 3],
  },
  {
    id: 'd02-default-retries-e401',
    reason: 'after a 401 or 403 one other deployment is tried, and none twice',
    anchor: 'misconfigured-deployments',
    requests: [2],
  },
  {
    id: 'd03-default-retries-e403',
    reason: 'after a 401 or 403 one other deployment is tried, and none twice',
    anchor: 'misconfigured-deployments',
    requests: [2],
  },
  {
    id: 'e62-retry-after-cooldown',
    reason: 'Retry-After is honoured and sent, with the real remaining seconds',
    anchor: 'retry-after',
    requests: [4],
  },
];
