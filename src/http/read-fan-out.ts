// `model: "a,b"` of a chat request: which models it names, unless a name with a comma is one model's own. Separate from
// the other checks because it may refuse for reasons of its own.
import type { RoutingTable } from '../core/routing-table.ts';
import type { FanOut } from '../gateway/exchange.ts';
import type { ClientError } from '../wire/error-envelope.ts';

/** Each costs an upstream call. */
const MOST_MODELS = 20;

/** Spaces around commas mean nothing. A wildcard does not make a list one name: 1.106 splits before it looks (3.1g). */
export function readFanOut(
  model: string,
  body: { get(key: string): unknown },
  table: RoutingTable,
): FanOut | ClientError | undefined {
  if (!model.includes(',') || isName(model, table)) return undefined;
  const models = model
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (models.length === 0) return undefined;
  if (models.length > MOST_MODELS) return refusal(`'model' may name at most ${MOST_MODELS} models.`, 'model');
  const isRace = body.get('fastest_response') === true;
  if (!isRace && body.get('stream') === true) {
    return refusal('Answers of several models cannot be streamed. Ask for the first with fastest_response.', 'stream');
  }
  return { models, isRace };
}

function isName(model: string, { groups, aliases, byId, byLitellmModel }: RoutingTable): boolean {
  return groups.has(model) || aliases.has(model) || byId.has(model) || byLitellmModel.has(model);
}

function refusal(message: string, param: string): ClientError {
  return { status: 400, message, type: 'invalid_request_error', param, code: '400' };
}
