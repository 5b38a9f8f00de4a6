// Entries to deployments: which provider answers, how it is called, and why one that cannot be called is out of
// rotation while the rest serves. A model string that no provider matches is left out, as in LiteLLM 1.106.
import { childOf, isNull } from './config-node.ts';
import type { Environment } from './environment.ts';
import { callParams, lacksCredential } from './deployment-spec.ts';
import type { SharedParams } from './deployment-spec.ts';
import { readDeploymentFields } from './deployment-fields.ts';
import type { Located } from './fallback-lists.ts';
import { readFilterFields } from './filter-fields.ts';
import type { Findings, Spot } from './findings.ts';
import { readKnownModel } from './known-model.ts';
import type { ModelEntry } from './model-entries.ts';
import { findPlaceholder } from './placeholders.ts';
import { readPolicyFields } from './policy-fields.ts';
import { booleanIn, plainMap, textIn, textsIn } from './read-value.ts';
import { shownEntry, shownInfo, shownParams } from './shown-fields.ts';
import type { ConfiguredDeployment } from './types.ts';
import type { ClassNumbers } from '../core/class-numbers.ts';
import { BLOCKED, type Deployment } from '../core/deployment.ts';
import { compileTarget } from '../provider/compile-target.ts';
import { continuesPrefill } from '../provider/prefill.ts';
import { resolveModel } from '../provider/resolve-model.ts';
import type { DeploymentSpec, ProviderTarget } from '../provider/types.ts';
import { isMockProblem, readMock, type Mock } from '../wire/mock.ts';

export interface DeploymentContext {
  readonly shared: SharedParams;
  readonly env: Environment;
  readonly defaultMaxParallel: number | undefined;
  /** The router's `allowed_fails_policy`. */
  readonly routerFails: ClassNumbers | undefined;
  readonly findings: Findings;
}

export interface CompiledDeployment {
  readonly entry: ModelEntry;
  readonly deployment: Deployment;
  readonly configured: ConfiguredDeployment;
}

export interface CompiledDeployments {
  readonly compiled: readonly CompiledDeployment[];
  /** Groups that have an entry which was left out. */
  readonly leftOut: ReadonlySet<string>;
}

export function compileDeployments(entries: readonly ModelEntry[], context: DeploymentContext): CompiledDeployments {
  const compiled: CompiledDeployment[] = [];
  const leftOut = new Set<string>();
  for (const entry of entries) {
    const result = compileDeployment(entry, compiled.length, context);
    if (result === undefined) leftOut.add(entry.group);
    else compiled.push(result);
  }
  return { compiled, leftOut };
}

function compileDeployment(
  entry: ModelEntry,
  index: number,
  context: DeploymentContext,
): CompiledDeployment | undefined {
  const { params, group, id } = entry;
  const resolved = resolveEntry(entry, context);
  if (resolved === undefined) return undefined;
  const spec = specOf(entry, resolved, context);
  const known = readKnownModel(entry, spec);
  const mock = mockOf(entry, spec, context.findings);
  const { target, reason } = rotation({ entry, spec, isMocked: mock !== undefined }, context);
  return {
    entry,
    deployment: {
      index,
      id,
      group,
      provider: spec.provider,
      litellmModel: textIn(params, 'model') ?? '',
      upstreamModel: spec.upstreamModel,
      isWildcard: group.includes('*'),
      outOfRotation: reason,
      continuesPrefill: continuesPrefill(spec.provider, spec.upstreamModel),
      isReasoning: booleanIn(entry.info, 'supports_reasoning') ?? known.routing?.capabilities.has('reasoning') ?? false,
      ...readDeploymentFields(entry, known.routing, context.defaultMaxParallel),
      ...readPolicyFields(entry, context.routerFails, context.findings),
      ...readFilterFields({ entry, spec, facts: known.routing }, context.findings),
    },
    configured: {
      spec,
      target,
      mock,
      mirrors: textsIn(entry.params, 'silent_model').filter((name) => name !== ''),
      shownParams: shownParams(entry),
      shownInfo: shownInfo(entry, known.shown),
      shownEntry: shownEntry(entry.entry),
    },
  };
}

function specOf(entry: ModelEntry, resolved: ResolvedModel, { shared, findings }: DeploymentContext): DeploymentSpec {
  if (lacksCredential(entry, shared)) {
    findings.warning(faultSpot(entry, 'litellm_credential_name'), 'credential_list has no credential of this name');
  }
  return {
    params: callParams(entry, shared),
    modelInfo: plainMap(entry.info),
    ...resolved,
    dropParams: booleanIn(entry.params, 'drop_params') ?? shared.dropParams,
  };
}

function mockOf(entry: ModelEntry, spec: DeploymentSpec, findings: Findings): Mock | undefined {
  const mock = readMock((key) => spec.params[key]);
  if (!isMockProblem(mock)) return mock;
  findings.error(faultSpot(entry, mock.param), mock.message);
  return undefined;
}

/** The groups of `silent_model`, with the place where they stand. */
export function mirrorsOf({ entry, configured }: CompiledDeployment): Located<string>[] {
  return configured.mirrors.map((value) => ({ value, spot: faultSpot(entry, 'silent_model') }));
}

type ResolvedModel = Pick<DeploymentSpec, 'provider' | 'upstreamModel'>;

/** A model that is not given yet (an empty value, a variable that is not set) has no provider and no traffic. */
function resolveEntry({ params, spot }: ModelEntry, { findings }: DeploymentContext): ResolvedModel | undefined {
  const model = textIn(params, 'model');
  if (model === undefined) return { provider: '', upstreamModel: '' };
  const customProvider = textIn(params, 'custom_llm_provider');
  const apiBase = textIn(params, 'api_base') ?? textIn(params, 'base_url');
  const resolved = resolveModel(model, {
    ...(customProvider === undefined ? {} : { customProvider }),
    ...(apiBase === undefined ? {} : { apiBase }),
  });
  if (!('kind' in resolved)) return resolved;
  const at = { place: childOf(params, 'model')?.place ?? spot.place, where: `${spot.where}.litellm_params.model` };
  findings.warning(
    at,
    `no provider matches this model, the entry is left out: write provider/model, for example openai/<model>`,
  );
  return undefined;
}

interface Rotation {
  readonly target: ProviderTarget | undefined;
  readonly reason: string | undefined;
}

interface Rotated {
  readonly entry: ModelEntry;
  readonly spec: DeploymentSpec;
  /** Needs no address and no key. */
  readonly isMocked: boolean;
}

/** The target, or the reason why there is none; each reason but a wanted block is a warning. */
function rotation({ entry, spec, isMocked }: Rotated, context: DeploymentContext): Rotation {
  if (booleanIn(entry.info, 'blocked') === true) return { target: undefined, reason: BLOCKED };
  if (textIn(entry.info, 'team_id') !== undefined) return { target: undefined, reason: 'reserved for a team' };
  const fault = findFault(entry) ?? compileFault(spec, context.env);
  if (!('message' in fault)) return { target: fault, reason: undefined };
  if (isMocked) return { target: undefined, reason: undefined };
  const variable = missingVariable(entry, fault.key);
  const message = variable === undefined ? fault.message : `the environment variable ${variable} is not set`;
  context.findings.replaceWarnings(
    faultSpot(entry, fault.key),
    `${message}; until then this deployment gets no traffic`,
  );
  return { target: undefined, reason: `${fault.key}: ${message}` };
}

/** The variable that the key refers to, when that is why its value is missing. */
function missingVariable({ params }: ModelEntry, key: string): string | undefined {
  const node = params.entries.get(key)?.value;
  return node !== undefined && node.kind === 'scalar' && isNull(node) ? node.variable : undefined;
}

interface Fault {
  readonly key: string;
  readonly message: string;
}

function findFault({ params }: ModelEntry): Fault | undefined {
  if (textIn(params, 'model') === undefined) return { key: 'model', message: 'empty: put provider/model here' };
  return findPlaceholder(params);
}

function compileFault(spec: DeploymentSpec, env: Environment): ProviderTarget | Fault {
  const target = compileTarget(spec, env);
  return 'kind' in target ? { key: target.key, message: target.message } : target;
}

function faultSpot({ params, spot }: ModelEntry, key: string): Spot {
  const place = params.entries.get(key)?.key.place ?? params.place;
  return { place, where: `${spot.where}.litellm_params.${key}` };
}
