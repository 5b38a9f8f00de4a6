// Is the process alive, does it take traffic, do the deployments answer. Liveness and readiness are open and cost
// nothing; `/health` calls every provider and needs the key.
import type { GatewayConfig } from '../../config/types.ts';
import type { DeploymentIndex } from '../../core/units.ts';
import type { SharingState } from '../../gateway/runtime.ts';
import { LITELLM_VERSION } from '../../gateway/reply.ts';
import { detailEnvelope } from '../../wire/error-envelope.ts';
import type { AuthVerdict } from '../auth.ts';
import type { DataPlaneContext } from '../data-plane.ts';
import type { ControlPlaneOptions } from './control-context.ts';
import { totalState, type Fellows } from './fellows.ts';
import { BackgroundHealth } from './background-health.ts';
import { backgroundIndexes, recordChecks } from './background-round.ts';
import { aliased, jsonReply, type ControlCall, type ControlReply, type ControlRoute } from './control-route.ts';
import { checkDeployments, healthReport, type CheckedDeployment } from './health-report.ts';

/** There is no database; LiteLLM's words for it, which probes may compare. */
const NO_DATABASE = 'Not connected';

type HealthOptions = Pick<ControlPlaneOptions, 'context' | 'fellows' | 'onHealthRounds'>;

/** The health routes; one instance a control plane. */
export class HealthRoutes {
  readonly #context: () => DataPlaneContext;
  readonly #fellows: Fellows | undefined;
  /** Background checks are made, here or in another thread. */
  readonly #hasRounds: boolean;
  readonly #background: BackgroundHealth<readonly CheckedDeployment[]> | undefined;

  constructor({ context, fellows, onHealthRounds }: HealthOptions) {
    this.#context = context;
    this.#fellows = fellows;
    const { runtime, services } = context();
    const { backgroundHealthChecks, healthCheckIntervalMs } = runtime.config.general;
    this.#hasRounds = backgroundHealthChecks;
    if (!backgroundHealthChecks || fellows?.checksHealth === false) return;
    const background = new BackgroundHealth(services.clock, () => this.#backgroundRound(), healthCheckIntervalMs);
    this.#background = background;
    onHealthRounds?.(() => background.latest());
  }

  close(): void {
    this.#background?.close();
  }

  routes(): ControlRoute[] {
    const alive = aliased(['/health/liveliness', '/health/liveness'], {
      method: 'GET',
      summary: 'The process answers',
      tag: 'health',
      isOpen: true,
      handle: () => jsonReply("I'm alive!"),
    });
    return [...alive, ...this.#readinessRoutes(), this.#checkRoute(), this.#backlogRoute()];
  }

  #readinessRoutes(): ControlRoute[] {
    const readiness: ControlRoute = {
      method: 'GET',
      path: '/health/readiness',
      summary: 'Traffic may come; 503 while shutting down',
      tag: 'health',
      isOpen: true,
      handle: () => this.#readiness({}),
    };
    const details: ControlRoute = {
      method: 'GET',
      path: '/health/readiness/details',
      summary: 'Readiness with versions and settings',
      tag: 'health',
      isOpen: this.#context().runtime.config.general.publicReadinessDetails,
      handle: () => this.#readiness(readinessDetails(this.#context().state.sharing)),
    };
    return [readiness, details];
  }

  #readiness(details: Readonly<Record<string, unknown>>): ControlReply {
    if (this.#context().state.shuttingDown) return jsonReply({ status: 'shutting_down' }, 503);
    return jsonReply({ status: 'healthy', db: NO_DATABASE, ...this.#sharing(), ...details });
  }

  /** Redis in trouble is no reason to send traffic elsewhere: requests go on, and limits hold by shares. */
  #sharing(): Readonly<Record<string, unknown>> {
    const { sharing } = this.#context().state;
    return sharing === undefined ? {} : { redis: sharing.kind };
  }

  #backlogRoute(): ControlRoute {
    return {
      method: 'GET',
      path: '/health/backlog',
      summary: 'Requests under way, queued and refused',
      tag: 'health',
      handle: async () => {
        const { state } = this.#context();
        const report = await this.#fellows?.report();
        const { inFlight, admitted, queued, rejected } =
          report === undefined ? state : totalState(report.threads, state);
        return jsonReply({
          in_flight_requests: inFlight,
          admitted_requests: admitted,
          queued_requests: queued,
          rejected_requests: rejected,
        });
      },
    };
  }

  #checkRoute(): ControlRoute {
    return {
      method: 'GET',
      path: '/health',
      summary: 'Calls every deployment once, or those asked for',
      tag: 'health',
      query: [
        { name: 'model', type: 'string', description: 'Only this model name or model string' },
        { name: 'model_id', type: 'string', description: 'Only the deployment with this id' },
      ],
      handle: (call) => this.#health(call),
    };
  }

  async #health({ query, verdict }: ControlCall): Promise<ControlReply> {
    const { config } = this.#context().runtime;
    const { model, model_id: id } = query;
    const wanted = wantedIndexes(config, { model, id });
    if (wanted.length === 0 && model !== undefined) {
      const body = detailEnvelope({ error: `key not allowed to health-check model ${model}` });
      return { status: 403, contentType: 'application/json', body };
    }
    const isWhole = wanted.length === config.table.deployments.length;
    const checked = isWhole && this.#hasRounds ? await this.#latestRound(wanted) : await this.#check(wanted);
    return jsonReply(healthReport(checked, mayShowAddresses(verdict)));
  }

  async #latestRound(wanted: readonly DeploymentIndex[]): Promise<readonly CheckedDeployment[]> {
    const latest = this.#background?.latest() ?? this.#fellows?.healthRound();
    return latest === undefined ? this.#check(wanted) : latest;
  }

  /** What the checks find steers traffic, where the config says so. */
  async #backgroundRound(): Promise<readonly CheckedDeployment[]> {
    const { runtime } = this.#context();
    const indexes = backgroundIndexes(runtime.config);
    const checked = await this.#check(indexes);
    recordChecks(runtime, { indexes, checked, now: this.#context().services.clock.now() });
    return checked;
  }

  #check(indexes: readonly DeploymentIndex[]): Promise<CheckedDeployment[]> {
    const { runtime, services } = this.#context();
    return checkDeployments(indexes, runtime, services);
  }
}

function everyIndex(config: GatewayConfig): DeploymentIndex[] {
  return config.table.deployments.map(({ index }) => index);
}

/** By name, alias or model string; by id, where an unknown id means the whole list as in LiteLLM (10.5). */
function wantedIndexes(
  config: GatewayConfig,
  by: { model: string | undefined; id: string | undefined },
): DeploymentIndex[] {
  const { table } = config;
  if (by.model !== undefined) {
    const name = table.aliases.get(by.model)?.target ?? by.model;
    const group = table.routingGroups.get(name) ?? table.groups.get(name);
    return [...(group?.deployments ?? table.byLitellmModel.get(by.model) ?? [])];
  }
  const found = table.deployments.filter(({ id }) => id === by.id).map(({ index }) => index);
  return found.length === 0 ? everyIndex(config) : found;
}

/** Without a master key anybody may look, and addresses are not for anybody (golden b13, i08). */
function mayShowAddresses(verdict: AuthVerdict): boolean {
  return verdict.kind === 'admin';
}

function readinessDetails(sharing: SharingState | undefined): Readonly<Record<string, unknown>> {
  const { place, reason = null, instances } = sharing ?? {};
  return {
    ...(sharing === undefined ? {} : { redis_details: { place, reason, instances } }),
    cache: null,
    litellm_version: LITELLM_VERSION,
    success_callbacks: [],
    use_aiohttp_transport: false,
    log_level: 'INFO',
    is_detailed_debug: false,
  };
}
