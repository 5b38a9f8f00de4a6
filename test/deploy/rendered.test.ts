// What the tools of Docker and Kubernetes say about deploy/: the Dockerfile is linted, the kustomization and the chart
// are rendered, and everything that comes out is held strictly against the schemas of Kubernetes, the oldest version
// that the chart admits and the newest. Where the tools cannot be had the tests are skipped; in CI that is a failure.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prepareDeployTools } from '../../scripts/deploy-tools.ts';
import { startGateway } from '../support/start-gateway.ts';
import { ANY_KEY, configOf, deploymentProblems } from './deployment-problems.ts';
import { resourcesOf, theKind, type Resource } from './manifest.ts';

const run = promisify(execFile);
const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
const CHART = join(DEPLOY, 'helm', 'loadstone');
const KUBERNETES_VERSIONS = ['1.30', '1.37'];
const tools = prepareDeployTools();
if (tools.kind === 'missing') {
  if (process.env['CI']) throw new Error(`the tools that check deploy/ are missing: ${tools.reason}`);
  console.log(`checks of deploy/ by its tools skipped: ${tools.reason}`);
}
const isMissing = tools.kind === 'missing';
const programs = tools.kind === 'ready' ? tools : { hadolint: '', helm: '', kubectl: '', kubernetesValidate: '' };

const folder = mkdtempSync(join(tmpdir(), 'loadstone-deploy-'));
const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
// Where every test is skipped, no hook runs.
if (isMissing) removeFolder();
afterAll(removeFolder);
/** Nothing of the machine's own settings of helm and kubectl. */
const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: join(folder, 'none') };

interface Outcome {
  readonly code: number;
  readonly output: string;
}

async function outcomeOf(program: string, args: readonly string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run(program, [...args], { env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error) || !('stderr' in error)) throw error;
    return {
      code: 'code' in error ? Number(error.code) : -1,
      output: `${String(error.stdout)}${String(error.stderr)}`,
    };
  }
}

async function render(args: readonly string[]): Promise<{ readonly text: string; readonly resources: Resource[] }> {
  const { stdout } = await run(programs.helm, ['template', 'gateway', CHART, ...args], { env });
  return { text: stdout, resources: resourcesOf(stdout) };
}

/** What the schemas find, of every version. */
async function schemaProblems(text: string): Promise<string[]> {
  const file = join(folder, `${crypto.randomUUID()}.yaml`);
  writeFileSync(file, text);
  const outcomes = await Promise.all(
    KUBERNETES_VERSIONS.map((version) =>
      outcomeOf(programs.kubernetesValidate, ['--kubernetes-version', version, '--strict', file]),
    ),
  );
  const lines = outcomes.flatMap(({ output }) => output.trim().split('\n'));
  return lines.filter((line) => !line.startsWith('INFO ')).map((line) => line.replace(`${file} `, ''));
}

describe.skipIf(isMissing)('the Dockerfile', () => {
  it('gives its linter nothing to complain about', async () => {
    const file = join(DEPLOY, 'docker', 'Dockerfile');
    expect(await outcomeOf(programs.hadolint, ['--failure-threshold', 'style', file])).toEqual({ code: 0, output: '' });
  });

  it('is linted by something that sees mistakes', async () => {
    const file = join(folder, 'Dockerfile');
    writeFileSync(file, 'FROM node:latest\nRUN cd /x && npm ci\nCMD node\n');
    const { code, output } = await outcomeOf(programs.hadolint, [file]);
    expect(code).toBe(1);
    expect(output).toMatch(/DL3007[\s\S]*DL3003[\s\S]*DL3025/);
  });
});

describe.skipIf(isMissing)('the kustomization', () => {
  it('renders to resources that Kubernetes knows and that fit each other', async () => {
    const { stdout } = await run(programs.kubectl, ['kustomize', join(DEPLOY, 'kubernetes')], { env });
    expect(await schemaProblems(stdout)).toEqual([]);
    expect(deploymentProblems(resourcesOf(stdout))).toEqual([]);
  });

  it.each(['network-policy.yaml', 'secret.example.yaml'])(
    'leaves out %s, which Kubernetes knows as well',
    async (name) => {
      expect(await schemaProblems(readFileSync(join(DEPLOY, 'kubernetes', name), 'utf8'))).toEqual([]);
    },
  );

  it('is held against schemas that see a field too many and a wrong type', async () => {
    const text = readFileSync(join(DEPLOY, 'kubernetes', 'deployment.yaml'), 'utf8');
    const wrong = text
      .replace('enableServiceLinks:', 'enableServiceLink:')
      .replace('containerPort: 4000', 'containerPort: x');
    expect((await schemaProblems(wrong)).length).toBe(KUBERNETES_VERSIONS.length);
    const typed = text.replace('maxSkew: 1', 'maxSkew: one');
    expect((await schemaProblems(typed))[0]).toMatch(/maxSkew: 'one' is not of type 'integer'/);
  });
});

describe.skipIf(isMissing)('the chart', () => {
  const ALL_ON = [
    '--set=redis.host=redis,redis.passwordSecretName=redis-keys',
    '--set=serviceMonitor.enabled=true,serviceMonitor.labels.release=prometheus',
    '--set=networkPolicy.enabled=true,networkPolicy.egressPorts={443,8000}',
    '--set=image.digest=sha256:' + 'a'.repeat(64),
    '--set=imagePullSecrets[0].name=pull,priorityClassName=high,nodeSelector.disk=ssd,reload=restart',
    '--set=tolerations[0].key=gpu,tolerations[0].operator=Exists,podLabels.team=llm,podAnnotations.note=x',
    '--set=extraEnv[0].name=LITELLM_ENVIRONMENT,extraEnv[0].value=production,extraArgs={--debug}',
    '--set=service.type=LoadBalancer,service.annotations.a=b',
  ];
  const LITTLE = [
    '--set=autoscaling.enabled=false,podDisruptionBudget.enabled=false,preStopSeconds=0,replicas=1',
    '--set=secretEnv=null,existingConfigMap=mine,shutdownGraceSeconds=120',
  ];

  it('is linted without a complaint', async () => {
    const { code, output } = await outcomeOf(programs.helm, ['lint', '--strict', CHART]);
    expect({ code, complaints: output.match(/\[(?:WARNING|ERROR)\].*/g) }).toEqual({ code: 0, complaints: null });
  });

  it.each<[how: string, args: readonly string[], unknown: readonly string[]]>([
    ['as it is', [], []],
    ['with everything switched on', ALL_ON, ['ServiceMonitor']],
    ['with next to nothing', LITTLE, []],
  ])('renders, %s, to resources that Kubernetes knows and that fit each other', async (_, args, unknown) => {
    const { text, resources } = await render(args);
    const problems = await schemaProblems(text);
    expect(problems.filter((line) => !unknown.some((kind) => line.includes(`schema for kind ${kind} `)))).toEqual([]);
    expect(deploymentProblems(resources)).toEqual([]);
  });

  it('renders what deploy/kubernetes has, under other names', async () => {
    const { resources } = await render(['--set=fullnameOverride=loadstone']);
    const { stdout } = await run(programs.kubectl, ['kustomize', join(DEPLOY, 'kubernetes')], { env });
    expect(specsOf(resources)).toEqual(specsOf(resourcesOf(stdout)));
  });

  it('passes the config on to the letter', async () => {
    const config =
      '\n\n# first\nmodel_list: []   # {{ .Values.config }}\nrouter_settings: {num_retries: 1000000}\n \n\n';
    const file = join(folder, 'config.yaml');
    writeFileSync(file, config);
    const { resources } = await render([`--set-file=config=${file}`]);
    expect(theKind(resources, 'ConfigMap').data).toEqual({ 'config.yaml': config });
  });

  it.each<[config: string, args: readonly string[], graceSeconds: number]>([
    ['model_list: []', [], 75],
    ['general_settings: {shutdown_grace: 120}', [], 135],
    ['general_settings: {shutdown_grace: "90.5"}', [], 106],
    ['general_settings: {shutdown_grace: 0}', [], 15],
    ['general_settings:\nmodel_list: []', ['--set=preStopSeconds=20'], 85],
    ['general_settings: {shutdown_grace: }', ['--set=shutdownGraceSeconds=30'], 45],
  ])('gives a pod with %j %j %d s to end', async (config, args, graceSeconds) => {
    const file = join(folder, 'grace.yaml');
    writeFileSync(file, config);
    const { resources } = await render([`--set-file=config=${file}`, ...args]);
    expect(theKind(resources, 'Deployment').spec.template.spec.terminationGracePeriodSeconds).toBe(graceSeconds);
  });

  it('replaces the pods when the config changes, or lets them reload it', async () => {
    const podOf = async (...args: string[]) => theKind((await render(args)).resources, 'Deployment').spec.template;
    const watching = await podOf();
    expect(watching.metadata.annotations).toBeUndefined();
    expect(watching.spec.containers[0].args).toContain('--watch');
    const [one, other] = [
      await podOf('--set=reload=restart'),
      await podOf('--set=reload=restart,config=model_list: []'),
    ];
    expect(one.spec.containers[0].args).not.toContain('--watch');
    expect(one.metadata.annotations?.['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
    expect(other.metadata.annotations?.['checksum/config']).not.toBe(one.metadata.annotations?.['checksum/config']);
  });

  it('hands Redis to a config that asks for it', async () => {
    const config =
      'router_settings: {redis_host: os.environ/REDIS_HOST, redis_port: os.environ/REDIS_PORT, redis_password: os.environ/REDIS_PASSWORD}';
    const file = join(folder, 'redis.yaml');
    writeFileSync(file, config);
    const { resources } = await render([`--set-file=config=${file}`, ...ALL_ON]);
    const { env: variables } = theKind(resources, 'Deployment').spec.template.spec.containers[0];
    expect(variables.filter(({ name }) => name.startsWith('REDIS'))).toEqual([
      { name: 'REDIS_HOST', value: 'redis' },
      { name: 'REDIS_PORT', value: '6379' },
      { name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: { name: 'redis-keys', key: 'REDIS_PASSWORD' } } },
    ]);
    const unset = configOf(resources)?.problems.filter(({ what }) => what.includes('is not set'));
    expect(unset).toEqual([]);
  });

  it('lets Prometheus in with the master key', async () => {
    const monitor = theKind((await render(ALL_ON)).resources, 'ServiceMonitor');
    const credentials = { name: 'loadstone-keys', key: 'LITELLM_MASTER_KEY' };
    const endpoint = {
      port: 'http',
      path: '/metrics',
      interval: '30s',
      authorization: { type: 'Bearer', credentials },
    };
    expect(monitor.spec.endpoints).toEqual([endpoint]);
    const gateway = await startGateway(`general_settings: {master_key: ${ANY_KEY}}`);
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${gateway.url}${endpoint.path}`, { headers })).status;
    expect(await statusWith({ authorization: `Bearer ${ANY_KEY}` })).toBe(200);
    expect(await statusWith({})).toBe(401);
    await gateway.drain();
  });

  it.each([
    ['replica: 3', '--set=replica=3', /additional propert/i],
    ['replicas: many', '--set=replicas=many', /got string, want integer|integer/],
    ['reload: never', '--set=reload=never', /reload/],
    ['a config that is a map', '--set=config.model_list=null', /string/],
    ['a digest that is none', '--set=image.digest=latest', /digest/],
    [
      'a grace that is a variable',
      '--set=config=general_settings: {shutdown_grace: os.environ/G}',
      /set shutdownGraceSeconds/,
    ],
    ['a config that is not YAML', '--set-string=config=a: [', /set shutdownGraceSeconds/],
  ])('refuses %s', async (_, arg, message) => {
    const { code, output } = await outcomeOf(programs.helm, ['template', 'gateway', CHART, arg]);
    expect(code).toBe(1);
    expect(output).toMatch(message);
  });

  it('has the version of this tree', () => {
    const { version } = JSON.parse(readFileSync(join(DEPLOY, '..', 'package.json'), 'utf8')) as { version: string };
    const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<string, unknown>;
    expect(chart).toMatchObject({ appVersion: version, kubeVersion: `>=${KUBERNETES_VERSIONS[0]}.0-0` });
  });
});

/** What a chart adds to every label and selector. */
const LABELS_OF_HELM = ['instance', 'version', 'managed-by'].map((name) => `app.kubernetes.io/${name}`);

/** Kinds and their specs, without the labels that a chart adds; of a ConfigMap what its config says. */
function specsOf(resources: readonly Resource[]): Record<string, unknown> {
  const withoutLabels = (key: string, value: unknown): unknown =>
    LABELS_OF_HELM.includes(key) || key === 'helm.sh/chart' ? undefined : value;
  const config: unknown = parse(theKind(resources, 'ConfigMap').data['config.yaml'] ?? '');
  const specs = resources.map(({ kind, ['spec']: spec }) => [kind, spec ?? config]);
  return Object.fromEntries(JSON.parse(JSON.stringify(specs, withoutLabels)) as [string, unknown][]);
}
