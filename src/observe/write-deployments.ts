// The counted numbers of deployments as metric families: LiteLLM's names and labels, made at scrape time only.
import { NO_CALLER } from './caller-labels.ts';
import type { AttemptSeries, DeploymentMetrics, DeploymentNames } from './deployment-metrics.ts';
import { labelText, type Exposition, type LabelPairs } from './exposition.ts';

/** The four labels that every family of deployments begins with. */
export function deploymentLabels({ litellmModel, id, apiBase, provider }: DeploymentNames): LabelPairs {
  return { litellm_model_name: litellmModel, model_id: id, api_base: apiBase, api_provider: provider };
}

export interface CountedDeployments {
  readonly deployments: readonly DeploymentMetrics[];
  /** Label values of requested models by number. */
  readonly models: readonly string[];
}

export function writeDeployments(out: Exposition, counted: CountedDeployments): void {
  writeAttempts(out, counted);
  writeFailures(out, counted);
  const { deployments } = counted;
  out.family('counter', 'litellm_deployment_cooled_down', 'Openings of the breaker, by the status that caused them.');
  for (const { names, openings } of deployments) {
    for (const [status, count] of openings) {
      const exceptionStatus = status < 0 ? 'None' : String(status);
      out.sample(labelText({ ...deploymentLabels(names), exception_status: exceptionStatus }), count);
    }
  }
  out.family('histogram', 'litellm_deployment_latency_per_output_token', 'Seconds per token of the answer.');
  for (const { names, perOutputToken } of deployments) {
    out.histogram(labelText({ ...deploymentLabels(names), ...NO_CALLER }), perOutputToken);
  }
  writeRemaining(out, deployments);
}

function writeAttempts(out: Exposition, counted: CountedDeployments): void {
  out.family('counter', 'litellm_deployment_success_responses', 'Attempts that succeeded.');
  eachSeries(counted, (labels, { successes }) => out.sample(labelText(labels), successes));
  out.family('counter', 'litellm_deployment_total_requests', 'Attempts that succeeded or failed.');
  eachSeries(counted, (labels, { successes, failures }) => {
    const failed = failures.entries.reduce((sum, { count }) => sum + count, 0);
    out.sample(labelText(labels), successes + failed);
  });
}

function writeFailures(out: Exposition, counted: CountedDeployments): void {
  out.family('counter', 'litellm_deployment_failure_responses', 'Attempts that failed.');
  eachSeries(counted, (labels, { failures }) => {
    const sums = failures.by(({ status, exceptionClass }) =>
      labelText({ ...labels, exception_status: String(status), exception_class: exceptionClass }),
    );
    for (const [text, count] of sums) out.sample(text, count);
  });
  out.family(
    'counter',
    'loadstone_deployment_failures',
    'Attempts that failed, by the cause that decides what follows.',
  );
  for (const { names, byModel } of counted.deployments) {
    const causes = new Map<string, number>();
    for (const series of byModel) {
      for (const { cause, count } of series?.failures.entries ?? [])
        causes.set(cause, (causes.get(cause) ?? 0) + count);
    }
    for (const [cause, count] of causes) out.sample(labelText({ ...deploymentLabels(names), cause }), count);
  }
}

function writeRemaining(out: Exposition, deployments: readonly DeploymentMetrics[]): void {
  const remainingLabels = ({ names }: DeploymentMetrics): string =>
    labelText({
      model_group: names.group,
      ...deploymentLabels(names),
      hashed_api_key: NO_CALLER.hashed_api_key,
      api_key_alias: NO_CALLER.api_key_alias,
    });
  out.family('gauge', 'litellm_remaining_requests_metric', "Requests left in the provider's window, by its own word.");
  for (const metrics of deployments) {
    if (!Number.isNaN(metrics.remainingRequests)) out.sample(remainingLabels(metrics), metrics.remainingRequests);
  }
  out.family('gauge', 'litellm_remaining_tokens_metric', "Tokens left in the provider's window, by its own word.");
  for (const metrics of deployments) {
    if (!Number.isNaN(metrics.remainingTokens)) out.sample(remainingLabels(metrics), metrics.remainingTokens);
  }
}

function eachSeries(counted: CountedDeployments, write: (labels: LabelPairs, series: AttemptSeries) => void): void {
  for (const { names, byModel } of counted.deployments) {
    const common = { ...deploymentLabels(names), ...NO_CALLER };
    for (const [number, series] of byModel.entries()) {
      if (series !== undefined) write({ requested_model: counted.models[number] ?? '', ...common }, series);
    }
  }
}
