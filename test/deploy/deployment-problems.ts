// What the schemas of Kubernetes cannot see: whether the resources of one deployment fit each other and Loadstone. Each
// rule returns sentences; none means that it holds. Plain manifests and everything the chart renders go through it.
import { isDeepStrictEqual } from 'node:util';
import { parseArguments, type ServeArguments } from '../../src/cli/parse-arguments.ts';
import { loadConfigText } from '../../src/config/load.ts';
import { isSecretKey } from '../../src/config/secret-key.ts';
import type { GatewayConfig } from '../../src/config/types.ts';
import { findKind, theKind, type Read, type Resource } from './manifest.ts';

const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: 10_001,
  runAsGroup: 10_001,
  seccompProfile: { type: 'RuntimeDefault' },
};
const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
/** Between the end of the grace and the kill there is time to close what is open. */
const LEAST_SLACK_SECONDS = 5;
/** Stands for every key: long enough to be strong. */
export const ANY_KEY = 'a key of more than sixteen characters';

type Deployment = Read<'Deployment'>;
type Labels = Readonly<Record<string, string>>;

/** Every reason why these resources, applied together, would not work; `[]` when there is none. */
export function deploymentProblems(resources: readonly Resource[]): string[] {
  const deployment = theKind(resources, 'Deployment');
  return [
    ...selectorProblems(resources, deployment),
    ...portProblems(resources, deployment),
    ...argumentProblems(resources, deployment),
    ...drainProblems(resources, deployment),
    ...scalingProblems(resources, deployment),
    ...securityProblems(deployment),
  ];
}

/** The config of the ConfigMap, read with the variables that the container gets; `undefined` when it has none. */
export function configOf(resources: readonly Resource[]): GatewayConfig | undefined {
  const text = findKind(resources, 'ConfigMap')?.data['config.yaml'];
  if (text === undefined) return undefined;
  const [container] = theKind(resources, 'Deployment').spec.template.spec.containers;
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? ANY_KEY]));
  return loadConfigText(text, { env });
}

/** What the container's arguments ask of Loadstone, or `undefined` if it would not serve. */
function serveArguments(deployment: Deployment): ServeArguments | undefined {
  const command = parseArguments(deployment.spec.template.spec.containers[0].args, {});
  return command.kind === 'serve' && command.notices.length === 0 ? command.serve : undefined;
}

function selectorProblems(resources: readonly Resource[], { spec }: Deployment): string[] {
  const selectors: [what: string, wanted: Labels | undefined][] = [
    ['Deployment', spec.selector.matchLabels],
    ['Service', theKind(resources, 'Service').spec.selector],
    ['PodDisruptionBudget', findKind(resources, 'PodDisruptionBudget')?.spec.selector.matchLabels],
    ['NetworkPolicy', findKind(resources, 'NetworkPolicy')?.spec.podSelector.matchLabels],
    ...spec.template.spec.topologySpreadConstraints.map(({ topologyKey, labelSelector }): [string, Labels] => [
      topologyKey,
      labelSelector.matchLabels,
    ]),
  ];
  const { labels } = spec.template.metadata;
  return selectors.flatMap(([what, wanted]) => {
    const isMet = Object.entries(wanted ?? {}).every(([name, value]) => labels[name] === value);
    return isMet ? [] : [`${what} does not select the pods`];
  });
}

function portProblems(resources: readonly Resource[], deployment: Deployment): string[] {
  const [container] = deployment.spec.template.spec.containers;
  const names = container.ports.map(({ name }) => name);
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const wanted = [
    ...theKind(resources, 'Service').spec.ports.map(({ targetPort }) => targetPort),
    ...[startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.port),
  ];
  const problems = wanted.filter((name) => !names.includes(name)).map((name) => `there is no port ${name}`);
  const port = serveArguments(deployment)?.port;
  if (container.ports.every(({ containerPort }) => containerPort !== port)) problems.push(`nobody listens on ${port}`);
  return problems;
}

function argumentProblems(resources: readonly Resource[], deployment: Deployment): string[] {
  const serve = serveArguments(deployment);
  if (serve === undefined) return ['the arguments are not those of a server'];
  const problems = serve.host === '0.0.0.0' ? [] : ['only the loopback of the pod is served'];
  const { containers, volumes } = deployment.spec.template.spec;
  const volume = volumes.find(({ configMap }) => {
    const map = findKind(resources, 'ConfigMap');
    return map === undefined || map.metadata.name === configMap.name;
  });
  const mount = containers[0].volumeMounts.find(({ name }) => name === volume?.name);
  if (serve.configFile !== `${mount?.mountPath}/config.yaml`) problems.push('the config is mounted elsewhere');
  for (const { where, what } of configOf(resources)?.problems ?? []) problems.push(`config: ${where}: ${what}`);
  for (const { name, value } of containers[0].env) {
    if (value !== undefined && isSecretKey(name)) problems.push(`${name} stands in the manifest`);
  }
  return problems;
}

function drainProblems(resources: readonly Resource[], { spec }: Deployment): string[] {
  const { containers, terminationGracePeriodSeconds } = spec.template.spec;
  const preStopSeconds = containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
  const config = configOf(resources) ?? loadConfigText('model_list: []', { env: {} });
  const neededSeconds = preStopSeconds + config.general.shutdownGraceMs / 1000 + LEAST_SLACK_SECONDS;
  return terminationGracePeriodSeconds >= neededSeconds ? [] : [`killed before ${neededSeconds} s are over`];
}

function scalingProblems(resources: readonly Resource[], { metadata, spec }: Deployment): string[] {
  const problems: string[] = [];
  const autoscaler = findKind(resources, 'HorizontalPodAutoscaler')?.spec;
  const leastPods = autoscaler?.minReplicas ?? spec.replicas;
  if (leastPods === undefined) problems.push('nobody says how many pods there are');
  if (autoscaler !== undefined) {
    if (spec.replicas !== undefined) problems.push('replicas undoes what the autoscaler does');
    if (autoscaler.minReplicas > autoscaler.maxReplicas) problems.push('minReplicas is above maxReplicas');
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name };
    if (!isDeepStrictEqual(autoscaler.scaleTargetRef, target)) problems.push('the autoscaler scales something else');
  }
  // With one pod there is no other way than to take it.
  const budget = findKind(resources, 'PodDisruptionBudget')?.spec.maxUnavailable ?? 0;
  if (budget >= (leastPods ?? 0) && budget > 1) problems.push('a disruption may take all pods');
  return problems;
}

function securityProblems({ spec }: Deployment): string[] {
  const pod = spec.template.spec;
  const problems: string[] = [];
  if (!isDeepStrictEqual(pod.securityContext, POD_SECURITY)) problems.push('securityContext of the pod');
  if (!isDeepStrictEqual(pod.containers[0].securityContext, CONTAINER_SECURITY)) {
    problems.push('securityContext of the container');
  }
  if (pod.automountServiceAccountToken) problems.push('the pod gets a token that it has no use for');
  if (pod.containers[0].volumeMounts.some(({ readOnly }) => !readOnly)) problems.push('a volume can be written to');
  return problems;
}
