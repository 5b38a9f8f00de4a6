// `loadstone explain`: where a request would go and why, and what would follow a failure, without sending anything.
// The numbers are those of a gateway that has just started: nothing used, every breaker closed.
import { readFileSync } from 'node:fs';
import type { GatewayConfig } from '../config/types.ts';

import { ASSUMED_FAILURES, walkPlan, type Walk } from '../core/explain/walk-plan.ts';
import { createFleet } from '../core/fleet/fleet.ts';

import type { Failure } from '../core/outcome.ts';
import { createPlan } from '../core/plan.ts';
import type { UnderstoodRequest } from '../gateway/exchange.ts';
import { shownStep } from '../gateway/shown-steps.ts';
import { countPrompt } from '../gateway/tokens/count-prompt.ts';
import { TokenCounter } from '../gateway/tokens/token-counter.ts';
import { readRequest } from '../http/read-request.ts';
import { inferenceRoute } from '../http/routes.ts';
import { guessProvider } from '../provider/guess-provider.ts';
import { explainText, type Explanation, type Told } from './explain-text.ts';
import type { ExplainArguments } from './parse-arguments.ts';
import { readRequestFile } from './request-file.ts';

export type ExplainResult = { readonly text: string; readonly isRefused: boolean } | { readonly mistake: string };

/** `config` without errors. */
export async function explain(config: GatewayConfig, args: ExplainArguments): Promise<ExplainResult> {
  const read = readRequestFile(readText(args.requestFile), args);
  if ('mistake' in read) return read;
  const [path = '', query = ''] = read.path.split('?', 2);
  const route = inferenceRoute(path);
  if (route === undefined) return { mistake: `"${path}" is no inference path: /v1/chat/completions is one` };
  const request = { headers: read.headers, rawHeaders: Object.entries(read.headers).flat() };
  const understood = readRequest([read.body], { request, route, query, config });
  if (understood.kind === 'refused') {
    const { status, message } = understood.error;
    const refused = { path, refused: { status, message } };
    return { text: args.asJson ? json(refused) : `refused with ${status}: ${message}`, isRefused: true };
  }
  const explanation = await explainRequest(config, understood, { path, routeName: route.name });
  const text = args.asJson ? json(shown(explanation)) : explainText(explanation);
  return { text, isRefused: explanation.first.ending !== undefined };
}

interface Where {
  readonly path: string;
  readonly routeName: string;
}

async function explainRequest(config: GatewayConfig, request: UnderstoodRequest, where: Where): Promise<Explanation> {
  const { intent } = request;
  const walk = (failure: Failure | undefined, promptTokens: number | undefined) => {
    const plan = newPlan(config, request, where.routeName);
    return { ...walkPlan(plan, { failure, promptTokens, startedAtMs: 0 }), steps: plan.trace?.steps ?? [] };
  };
  const estimated = walk(undefined, undefined);
  const tokens = await countedTokens(config, request, estimated);
  const first = tokens === undefined ? estimated : walk(undefined, tokens);
  const assumptions = first.attempts === 0 ? [] : Object.entries(ASSUMED_FAILURES);
  return {
    path: where.path,
    model: intent.model,
    stream: intent.stream,
    promptTokens: tokens ?? intent.promptTokens,
    isCounted: tokens !== undefined,
    first,
    ifItFails: Object.fromEntries(assumptions.map(([name, failure]) => [name, walk(failure, tokens)])),
  };
}

function newPlan(config: GatewayConfig, { intent }: UnderstoodRequest, routeName: string) {
  const { table } = config;
  const fleet = createFleet(table.deployments);
  return createPlan({ table, fleet, intent, routeName, startedAtMs: 0, guessProvider, explain: true });
}

async function countedTokens(
  config: GatewayConfig,
  { body }: UnderstoodRequest,
  { countedFor }: Walk,
): Promise<number | undefined> {
  if (countedFor === undefined) return undefined;
  const counter = new TokenCounter({ patienceMs: 30_000 });
  const tokens = await countPrompt(counter, body, { config, deployment: countedFor });
  await counter.close();
  return tokens;
}

function shown({ first, ifItFails, ...request }: Explanation): unknown {
  const { path, model, stream, promptTokens, isCounted } = request;
  return {
    path,
    model,
    stream,
    prompt_tokens: promptTokens,
    is_counted: isCounted,
    ...shownTold(first),
    if_it_fails: Object.fromEntries(Object.entries(ifItFails).map(([name, told]) => [name, shownTold(told)])),
  };
}

function shownTold({ steps, ending }: Told): object {
  const refused = ending === undefined ? null : { status: ending.status, message: ending.message };
  return { refused, steps: steps.map(shownStep) };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** `undefined`: there is no such file. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    return undefined;
  }
}
