// Key, user and model management needs a database, which there is none of: these routes exist so that a client is told
// so in the form that LiteLLM 1.106 uses without one (golden i08, i09, b09), instead of a 404 that looks like a typo.
import { errorEnvelope, NO_PARAM } from '../../wire/error-envelope.ts';
import type { ControlReply, ControlRoute, HttpMethod } from './control-route.ts';

/** Two shapes of one refusal: 1.106 builds them in different places. */
type Refusal = 'internal' | 'auth';

const TABLE: ReadonlyArray<readonly [HttpMethod, string, Refusal]> = [
  ['POST', '/key/generate', 'internal'],
  ['POST', '/key/service-account/generate', 'internal'],
  ['POST', '/key/update', 'internal'],
  ['POST', '/key/delete', 'internal'],
  ['POST', '/key/regenerate', 'internal'],
  ['POST', '/key/{key}/regenerate', 'internal'],
  ['POST', '/key/block', 'internal'],
  ['POST', '/key/unblock', 'internal'],
  ['POST', '/key/health', 'internal'],
  ['GET', '/key/info', 'internal'],
  ['POST', '/v2/key/info', 'internal'],
  ['GET', '/key/list', 'internal'],
  ['POST', '/model/new', 'auth'],
  ['POST', '/model/update', 'auth'],
  ['POST', '/model/delete', 'auth'],
  ['PATCH', '/model/{model_id}/update', 'auth'],
  ['POST', '/model/block', 'auth'],
  ['POST', '/model/unblock', 'auth'],
  ['POST', '/user/new', 'internal'],
  ['GET', '/user/info', 'internal'],
  ['POST', '/user/update', 'internal'],
  ['POST', '/user/delete', 'internal'],
  ['POST', '/team/new', 'internal'],
  ['GET', '/team/info', 'internal'],
  ['GET', '/team/list', 'internal'],
  ['POST', '/team/update', 'internal'],
  ['POST', '/team/delete', 'internal'],
];

const NO_DATABASE =
  'Database not connected: this gateway keeps no keys, users, teams or models beside its config file.';

export function managementRoutes(): ControlRoute[] {
  const rows = TABLE.map(([method, path, refusal]): ControlRoute => ({
    method,
    path,
    summary: 'Needs a database; answers 500',
    tag: 'management',
    handle: () => refuse(refusal),
  }));
  return [...rows, cachePing()];
}

function refuse(refusal: Refusal): ControlReply {
  return refusal === 'auth'
    ? errorReply({ status: 500, message: NO_DATABASE, type: 'auth_error', param: NO_PARAM })
    : errorReply({ status: 500, message: NO_DATABASE, type: 'internal_server_error', param: null });
}

function cachePing(): ControlRoute {
  return {
    method: 'GET',
    path: '/cache/ping',
    summary: 'State of the response cache; there is none: 503',
    tag: 'management',
    handle: () =>
      errorReply({ status: 503, message: 'Cache not initialized.', type: 'cache_ping_error', param: 'cache_ping' }),
  };
}

interface RefusedCall {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
}

function errorReply({ status, ...error }: RefusedCall): ControlReply {
  const body = errorEnvelope({ ...error, code: String(status) });
  return { status, contentType: 'application/json', body };
}
