// deploy/kubernetes as it stands in the tree: its parts fit each other, and the paths, variables and keys that they name
// exist in Loadstone. Needs no tool; what kubectl and Kubernetes' schemas say is in rendered.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startGateway } from '../support/start-gateway.ts';
import { ANY_KEY, configOf, deploymentProblems } from './deployment-problems.ts';
import { resourcesOf, theKind } from './manifest.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'kubernetes');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const { version } = JSON.parse(readFileSync(join(FOLDER, '..', '..', 'package.json'), 'utf8')) as { version: string };
const kustomization = parse(read('kustomization.yaml')) as {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
};
const OPTIONAL = ['network-policy.yaml', 'secret.example.yaml'];

const manifests = kustomization.resources.map(read).join('\n---\n');
const resources = resourcesOf(manifests);
const deployment = theKind(resources, 'Deployment');
const [container] = deployment.spec.template.spec.containers;

describe('the manifests', () => {
  it('are all in the kustomization but for the optional ones', () => {
    const files = readdirSync(FOLDER).filter((name) => name !== 'kustomization.yaml');
    expect(files.toSorted()).toEqual([...kustomization.resources, ...OPTIONAL].toSorted());
  });

  it('fit each other and Loadstone, with the optional ones and without', () => {
    expect(deploymentProblems(resources)).toEqual([]);
    expect(deploymentProblems([...resources, ...resourcesOf(read('network-policy.yaml'))])).toEqual([]);
  });

  it('take every variable from a key that the example of the Secret has, and no other', () => {
    const secret = theKind(resourcesOf(read('secret.example.yaml')), 'Secret');
    const references = container.env.map(({ valueFrom }) => valueFrom?.secretKeyRef);
    expect(new Set(references.map((reference) => reference?.name))).toEqual(new Set([secret.metadata.name]));
    expect(references.map((reference) => reference?.key)).toEqual(Object.keys(secret.stringData));
    expect(container.env.map(({ name }) => name)).toEqual(Object.keys(secret.stringData));
  });

  it('show no value in the example of the Secret that could be taken for a key', () => {
    const { stringData } = theKind(resourcesOf(read('secret.example.yaml')), 'Secret');
    expect(Object.values(stringData).filter((value) => !/^<.+>$/.test(value))).toEqual([]);
  });

  it('lock the gateway with a strong key, so that it is no open relay', () => {
    expect(configOf(resources)?.general).toMatchObject({ masterKey: ANY_KEY, masterKeyIsStrong: true });
  });

  it('run the version of this tree', () => {
    expect(container.image).toBe(`loadstone:${version}`);
    expect(kustomization.images).toEqual([{ name: 'loadstone', newTag: version }]);
  });
});

describe('the probes', async () => {
  const gateway = await startGateway('model_list: []');
  afterAll(() => gateway.drain());
  const { startupProbe, readinessProbe, livenessProbe } = container;

  it.each([
    ['startupProbe', startupProbe],
    ['readinessProbe', readinessProbe],
    ['livenessProbe', livenessProbe],
  ])('%s asks for a path that a serving gateway answers with 200', async (_, { httpGet }) => {
    expect((await fetch(`${gateway.url}${httpGet.path}`)).status).toBe(200);
  });

  it('take a gateway that drains out of the Service and leave it alive', () => {
    expect(readinessProbe.httpGet.path).toBe('/health/readiness');
    expect(livenessProbe.httpGet.path).toBe('/health/liveliness');
  });
});

describe('a mistake in the manifests is seen', () => {
  const MISTAKES: readonly [problem: string, from: string, to: string][] = [
    [
      'Service does not select the pods',
      '  selector:\n    app.kubernetes.io/name: loadstone',
      '  selector:\n    app: x',
    ],
    [
      'topology.kubernetes.io/zone does not select the pods',
      'labelSelector:\n            matchLabels:\n              app.kubernetes.io/name: loadstone',
      'labelSelector:\n            matchLabels:\n              app.kubernetes.io/name: x',
    ],
    ['there is no port web', 'targetPort: http', 'targetPort: web'],
    ['there is no port probe', '/health/readiness, port: http', '/health/readiness, port: probe'],
    ['nobody listens on 4001', '"4000"', '"4001"'],
    ['the arguments are not those of a server', '--watch', '--wacth'],
    ['only the loopback of the pod is served', '--host, 0.0.0.0', '--host, 127.0.0.1'],
    ['the config is mounted elsewhere', 'mountPath: /etc/loadstone', 'mountPath: /etc/config'],
    [
      'config: model_list[0].litellm_params.api_key: the environment variable AZURE_CA_KEY is not set',
      '- name: AZURE_CA_KEY',
      '- name: OTHER',
    ],
    ['killed before 75 s are over', 'terminationGracePeriodSeconds: 75', 'terminationGracePeriodSeconds: 74'],
    ['killed before 135 s are over', 'shutdown_grace: 60', 'shutdown_grace: 120'],
    ['replicas undoes what the autoscaler does', 'spec:\n  strategy:', 'spec:\n  replicas: 3\n  strategy:'],
    ['minReplicas is above maxReplicas', 'maxReplicas: 6', 'maxReplicas: 1'],
    ['the autoscaler scales something else', 'kind: Deployment\n    name: loadstone', 'kind: Deployment\n    name: x'],
    ['a disruption may take all pods', '  maxUnavailable: 1\n  selector', '  maxUnavailable: 2\n  selector'],
    ['securityContext of the pod', 'runAsNonRoot: true', 'runAsNonRoot: false'],
    ['securityContext of the container', 'drop: [ALL]', 'drop: [NET_RAW]'],
    [
      'the pod gets a token that it has no use for',
      'automountServiceAccountToken: false',
      'automountServiceAccountToken: true',
    ],
    ['a volume can be written to', 'readOnly: true', 'readOnly: false'],
    [
      'MISTRAL_API_KEY stands in the manifest',
      'valueFrom:\n                secretKeyRef: {name: loadstone-keys, key: MISTRAL_API_KEY}',
      'value: abc',
    ],
  ];

  it.each(MISTAKES)('%s', (problem, from, to) => {
    expect(manifests).toContain(from);
    const problems = deploymentProblems(resourcesOf(manifests.replace(from, to)));
    expect(problems.join('\n')).toContain(problem);
  });
});
