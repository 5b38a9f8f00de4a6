// The body of `/health`: every deployment asked once, in parallel within a bound, sorted into healthy and not. Shows
// what LiteLLM 1.106 shows (golden b13, i08) and never a secret.
import type { Deployment } from '../../core/deployment.ts';
import type { DeploymentIndex } from '../../core/units.ts';
import { header } from '../../gateway/answer-headers.ts';
import type { Runtime } from '../../gateway/runtime.ts';
import { checkHealth, type HealthAnswer, type HealthServices } from './health-call.ts';
import { healthRequest } from './health-request.ts';

/** Checks under way at one time: enough that slow ones do not add up, too few to flood a provider. */
const MAX_PARALLEL = 32;
const DEFAULT_TIMEOUT_MS = 60_000;
const MS_PER_S = 1000;
const REMAINING_HEADERS = ['x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'];

export type HealthEntry = Readonly<Record<string, unknown>>;

export interface HealthReport {
  readonly healthy_endpoints: readonly HealthEntry[];
  readonly unhealthy_endpoints: readonly HealthEntry[];
  readonly healthy_count: number;
  readonly unhealthy_count: number;
}

/** What became of one deployment. */
export interface CheckedDeployment {
  readonly isHealthy: boolean;
  /** false: it is out of rotation, or there is no way to ask its like. */
  readonly wasAsked: boolean;
  /** Of the failure, where there was one. */
  readonly status: number | undefined;
  readonly entry: HealthEntry;
  /** Shown to the holder of the master key only. */
  readonly apiBase: string | undefined;
}

/** Asks these deployments; never rejects. */
export async function checkDeployments(
  indexes: readonly DeploymentIndex[],
  runtime: Runtime,
  services: HealthServices,
): Promise<CheckedDeployment[]> {
  const checked: CheckedDeployment[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < indexes.length; at = next++) {
      const index = indexes[at];
      const deployment = index === undefined ? undefined : runtime.config.table.deployments[index];
      if (deployment !== undefined) checked[at] = await checkOne(deployment, runtime, services);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, indexes.length) }, worker));
  return checked;
}

export function healthReport(checked: readonly CheckedDeployment[], showApiBase: boolean): HealthReport {
  const entries = (isHealthy: boolean): HealthEntry[] =>
    checked
      .filter((one) => one.isHealthy === isHealthy)
      .map(({ entry, apiBase }) => (showApiBase && apiBase !== undefined ? { api_base: apiBase, ...entry } : entry));
  const [healthy, unhealthy] = [entries(true), entries(false)];
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  };
}

async function checkOne(
  deployment: Deployment,
  runtime: Runtime,
  services: HealthServices,
): Promise<CheckedDeployment> {
  const shown = runtime.config.deployments[deployment.index];
  const transport = runtime.transports[deployment.index];
  const target = shown?.target;
  const info = { ...shown?.shownInfo, ...shown?.spec.modelInfo };
  const request = healthRequest(deployment, info);
  const common = { apiBase: target?.apiBase };
  if (shown?.mock !== undefined && deployment.outOfRotation === undefined) {
    return { ...common, isHealthy: true, wasAsked: false, status: undefined, entry: namesOf(deployment) };
  }
  if (target === undefined || transport === undefined) {
    const message = deployment.outOfRotation ?? 'it is out of rotation';
    return { ...common, ...notAsked(deployment, message) };
  }
  if (request.kind === 'not-checkable') return { ...common, ...notAsked(deployment, request.message) };
  const timeoutMs = secondsOf(info['health_check_timeout']) ?? DEFAULT_TIMEOUT_MS;
  const answer = await checkHealth(request, { deployment, target, transport, timeoutMs }, services);
  return { ...common, ...checkedAnswer(namesOf(deployment, request.upstreamModel), answer) };
}

function notAsked(deployment: Deployment, message: string): Omit<CheckedDeployment, 'apiBase'> {
  return { isHealthy: false, wasAsked: false, status: undefined, entry: { ...namesOf(deployment), error: message } };
}

function checkedAnswer(names: HealthEntry, { failure, headers }: HealthAnswer): Omit<CheckedDeployment, 'apiBase'> {
  const remaining = REMAINING_HEADERS.flatMap((name) => {
    const value = header(headers, name);
    return value === undefined ? [] : [[name, value]];
  });
  const entry = { ...names, ...Object.fromEntries(remaining) };
  const { status } = failure ?? {};
  if (failure === undefined) return { isHealthy: true, wasAsked: true, status, entry };
  return {
    isHealthy: false,
    wasAsked: true,
    status,
    entry: { ...entry, error: failure.message, exception_status: failure.status },
  };
}

/** `checked` is the model that was asked of a wildcard deployment. */
function namesOf(
  { litellmModel, id, limits, upstreamModel, provider }: Deployment,
  checked = upstreamModel,
): HealthEntry {
  return {
    ...(limits.rpm === undefined ? {} : { rpm: limits.rpm }),
    ...(limits.tpm === undefined ? {} : { tpm: limits.tpm }),
    model: checked === upstreamModel ? litellmModel : `${provider}/${checked}`,
    model_id: id,
  };
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value * MS_PER_S : undefined;
}
