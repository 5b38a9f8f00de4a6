// What the gateway has done lately and how its deployments stand: `/admin/*`, for operators only (DESIGN 7). What is
// shown is read from the fleet and from the ring of recent requests. What can be done is to read the config again.
import type { Deployment } from '../../core/deployment.ts';
import { snapshot, type DeploymentSnapshot } from '../../core/fleet/snapshot.ts';
import type { Millis } from '../../core/units.ts';
import { insideGuard } from '../../gateway/fleet-guard.ts';
import type { RecentRequest } from '../../observe/recent.ts';
import { detailEnvelope, errorEnvelope, NO_PARAM } from '../../wire/error-envelope.ts';
import type { ReloadOutcome } from '../../reload.ts';
import { adminAccess } from '../admin-access.ts';
import type { DataPlaneContext } from '../data-plane.ts';
import type { ControlPlaneOptions } from './control-context.ts';
import { jsonReply, type ControlCall, type ControlReply, type ControlRoute } from './control-route.ts';
import { shownRequest } from './shown-request.ts';

const DEFAULT_LIMIT = 50;

type AdminRoute = Omit<ControlRoute, 'method' | 'tag'> & Partial<Pick<ControlRoute, 'method'>>;

export function adminRoutes({ context, recent, reload, fellows }: ControlPlaneOptions): ControlRoute[] {
  const guarded = (route: AdminRoute): ControlRoute => ({
    method: 'GET',
    tag: 'admin',
    ...route,
    // The guard decides, not the one of the other routes: a caller on this machine needs no key.
    isOpen: true,
    handle: (call) => refusedCaller(call, context().runtime.config.general.masterKeyIsStrong) ?? route.handle(call),
  });
  const ids = () => context().runtime.config.table.deployments;
  const newest = (limit: number) => fellows?.recent(limit) ?? recent.list(limit);
  const find = (callId: string) => (fellows === undefined ? recent.find(callId) : fellows.find(callId));
  return [
    guarded({
      path: '/admin/requests',
      summary: 'The latest requests, newest first',
      query: [{ name: 'limit', type: 'integer', description: `How many, from 1; ${DEFAULT_LIMIT} without it` }],
      handle: ({ query }) => listRequests(newest, ids(), query['limit']),
    }),
    guarded({
      path: '/admin/requests/{call_id}',
      summary: 'One of the latest requests, with the reasons of its decisions where they were kept',
      handle: async ({ params }) => oneRequest(await find(params['call_id'] ?? ''), ids()),
    }),
    guarded({
      path: '/admin/deployments',
      summary: 'State, limits and learned numbers of every deployment',
      handle: () => listDeployments(context()),
    }),
    guarded({
      method: 'POST',
      path: '/admin/reload',
      summary: 'Reads the config again: all of it is in force from then on, or nothing has changed',
      handle: async () => reloaded(await reload()),
    }),
  ];
}

function listDeployments({ runtime, services }: DataPlaneContext): ControlReply {
  const now = services.clock.now();
  const deployments = runtime.config.table.deployments.map((one) => {
    const numbers = insideGuard(runtime.guard, now, (at) => snapshot(runtime.fleet, one.index, at));
    return shownDeployment(one, numbers, now);
  });
  return jsonReply({ deployments });
}

function reloaded(outcome: ReloadOutcome): ControlReply {
  const problems = outcome.problems.map(({ severity, file, line, column, where, what }) => {
    return `${file}:${line}:${column}: ${severity}: ${where}: ${what}`;
  });
  if (outcome.kind === 'replaced') return jsonReply({ status: 'reloaded', ...outcome.change, problems });
  return { ...jsonReply({ status: 'rejected', problems }), status: 400 };
}

/** The refusal, or `undefined` for those who may. */
function refusedCaller(call: ControlCall, masterKeyIsStrong: boolean): ControlReply | undefined {
  const access = adminAccess({ ...call, masterKeyIsStrong });
  if (access === 'granted') return undefined;
  const status = access === 'no-key' ? 401 : 403;
  const message =
    access === 'no-key'
      ? '/admin/* needs the master key, or a caller on the machine of the gateway.'
      : '/admin/* needs a strong general_settings.master_key, which this gateway does not have, or a caller on its machine.';
  const error = { message, type: 'auth_error', param: NO_PARAM, code: String(status) };
  return { status, contentType: 'application/json', body: errorEnvelope(error) };
}

async function listRequests(
  newest: (limit: number) => Promise<readonly RecentRequest[]> | readonly RecentRequest[],
  deployments: readonly Deployment[],
  limit: string | undefined,
): Promise<ControlReply> {
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit)) return detail(422, 'limit is a whole number from 1');
  const requests = await newest(limit === undefined ? DEFAULT_LIMIT : Number(limit));
  return jsonReply({ requests: requests.map((one) => shownRequest(one, deployments, { withSteps: false })) });
}

function oneRequest(found: RecentRequest | undefined, deployments: readonly Deployment[]): ControlReply {
  return found === undefined
    ? detail(404, 'no request with this x-litellm-call-id is among the latest')
    : jsonReply(shownRequest(found, deployments, { withSteps: true }));
}

function shownDeployment(deployment: Deployment, numbers: DeploymentSnapshot, now: Millis): unknown {
  const { rpm, tpm, itpm, otpm } = numbers;
  const { maxParallelRequests } = deployment.limits;
  return {
    id: deployment.id,
    model_name: deployment.group,
    model: deployment.litellmModel,
    provider: deployment.provider,
    out_of_rotation: deployment.outOfRotation ?? null,
    order: deployment.order ?? null,
    weight: deployment.weight ?? null,
    breaker: {
      state: numbers.breaker,
      available_in_ms: numbers.availableAtMs === undefined ? 0 : numbers.availableAtMs - now,
      ramp: numbers.ramp,
      consecutive_failures: numbers.consecutiveFailures,
    },
    in_flight: numbers.inFlight,
    max_parallel_requests: maxParallelRequests ?? null,
    headroom: numbers.headroom,
    limits: { rpm, tpm, itpm, otpm },
    attempts: numbers.attempts,
    successes: numbers.successes,
    failures: numbers.failures,
    output_tokens_p95: numbers.outputTokensP95 ?? null,
  };
}

function detail(status: number, text: string): ControlReply {
  return { status, contentType: 'application/json', body: detailEnvelope(text) };
}
