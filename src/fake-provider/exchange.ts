// One request from its first byte to the end of its answer: understood, recorded, judged, answered, and watched for a
// client that hangs up.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, FakeCall } from './answer.ts';
import { answerOf } from './answer-of.ts';
import { callProblem } from './call-problem.ts';
import type { CallProblem } from './call-problem.ts';
import { azurePathNotFound } from './errors/azure.ts';
import { behaviourOf } from './fault.ts';
import type { Behaviour, Vendor } from './fault.ts';
import { faultsInModelName } from './fault-words.ts';
import type { ProviderState } from './provider-state.ts';
import { receiveBody } from './received-body.ts';
import type { ReceivedBody } from './received-body.ts';
import type { ReceivedRequest } from './received-request.ts';
import { judge, refuseCall } from './refusal.ts';
import type { Refusal, RefusalInput } from './refusal.ts';
import type { AnswerStyle } from './reply.ts';
import { eventOf } from './formats/shared-fields.ts';
import { routeOf } from './route.ts';
import type { Route } from './route.ts';
import { breakConnection, gone, pause, sendAnswer } from './send-answer.ts';
import type { FakeClock, Outgoing } from './send-answer.ts';
import { modelNamed, requestLineOf, understandCall } from './understand-call.ts';
import { vendorHeaders } from './vendor-headers.ts';

/** Options with the defaults filled in. */
export interface ProviderSettings {
  readonly name: string;
  readonly vendor: Vendor | undefined;
  readonly keys: readonly string[] | undefined;
  readonly models: readonly string[] | undefined;
  readonly style: AnswerStyle;
  readonly answerTokens: number;
  readonly contextWindowTokens: number | undefined;
  readonly rejectsUnknownFields: boolean;
  readonly random: () => number;
  readonly clock: FakeClock;
}

interface Messages {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What is known once the body has arrived. */
interface Understood {
  readonly route: Route | undefined;
  readonly body: ReceivedBody;
  readonly call: FakeCall;
  readonly behaviour: Behaviour;
  readonly record: ReceivedRequest;
}

const NO_ROUTE: Route = {
  endpoint: 'chat',
  vendor: undefined,
  deployment: undefined,
  rest: [],
  needsApiVersion: false,
  streams: undefined,
};

function flatHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function keyOf(headers: Readonly<Record<string, string>>): string | undefined {
  return headers['api-key'] ?? headers['x-api-key'] ?? headers['authorization']?.replace(/^bearer\s+/i, '');
}

export class Exchange {
  readonly #settings: ProviderSettings;
  readonly #state: ProviderState;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #isBrokenByUs = false;

  constructor(settings: ProviderSettings, state: ProviderState, messages: Messages) {
    this.#settings = settings;
    this.#state = state;
    this.#request = messages.request;
    this.#response = messages.response;
  }

  /** Resolves when the answer is complete or the connection is gone. */
  async run(): Promise<void> {
    const body = await receiveBody(this.#request);
    if (body === undefined) return;
    const understood = this.#understand(body);
    const { record, behaviour } = understood;
    this.#state.log.add(record);
    this.#watch(record);
    const out = this.#outgoing(understood);
    if (behaviour.connection === 'silence') return gone(this.#response);
    if (behaviour.latencyMs !== undefined) await pause(out, behaviour.latencyMs);
    if (this.#response.destroyed) return undefined;
    if (behaviour.connection !== undefined) return breakConnection(out, behaviour.connection);
    return this.#answer(understood, out);
  }

  #understand(body: ReceivedBody): Understood {
    const line = requestLineOf(this.#request);
    const route = routeOf(line.method, line.path);
    const known = route ?? NO_ROUTE;
    const named = modelNamed(known, body);
    const model = named ?? this.#settings.models?.[0] ?? 'fake-model';
    const numberOfModel = this.#state.countRequest(model);
    const behaviour = this.#behaviour(model, numberOfModel);
    const vendors = { vendor: behaviour.vendor, usualVendor: this.#settings.vendor };
    const call = understandCall(line, { route: known, body, model, ...vendors });
    const record: ReceivedRequest = {
      number: this.#state.log.nextNumber(),
      atMs: this.#settings.clock.now() - this.#state.startedMs,
      ...line,
      headers: flatHeaders(this.#request),
      bodyBytes: body.bytes,
      body: body.shown,
      vendor: route === undefined ? undefined : call.vendor,
      endpoint: route?.endpoint,
      model: named,
      numberOfModel,
      status: 0,
      tokensSent: 0,
      clientHungUp: false,
      isFinished: false,
    };
    return { route, body, call, behaviour, record };
  }

  #behaviour(model: string, numberOfModel: number): Behaviour {
    const faults = [...this.#state.faultsOf(model), ...faultsInModelName(model)];
    const behaviour = behaviourOf(faults, numberOfModel, this.#settings.random);
    const window = this.#settings.contextWindowTokens;
    return window === undefined ? behaviour : { contextWindowTokens: window, ...behaviour };
  }

  #watch(record: ReceivedRequest): void {
    const response = this.#response;
    response.once('close', () => {
      record.isFinished = true;
      record.clientHungUp = !response.writableFinished && !this.#isBrokenByUs;
    });
  }

  #outgoing(understood: Understood): Outgoing {
    const { call, behaviour, record } = understood;
    const headers = { ...vendorHeaders(call.vendor, this.#settings.name), ...behaviour.headers };
    const observer = {
      onHead: (status: number) => {
        record.status = status;
      },
      onToken: () => {
        record.tokensSent += 1;
      },
      onBreak: () => {
        this.#isBrokenByUs = true;
      },
    };
    const errorEvent = () =>
      eventOf(refuseCall(this.#refusalInput(understood), behaviour.streamError ?? 'server').body);
    return { response: this.#response, behaviour, clock: this.#settings.clock, headers, observer, errorEvent };
  }

  #refusalInput({ route, call, behaviour, record }: Understood): RefusalInput {
    return {
      call,
      behaviour,
      usage: this.#state.usageOf(call.model),
      nowMs: this.#settings.clock.now(),
      keys: route?.endpoint === 'health' ? undefined : this.#settings.keys,
      key: keyOf(record.headers),
    };
  }

  #answer(understood: Understood, out: Outgoing): Promise<void> {
    const { route, body, call, behaviour } = understood;
    const input = this.#refusalInput(understood);
    const judgement = judge(input);
    if (judgement.kind === 'refused') return refuse(out, judgement.refusal);
    const admitted = { ...out, headers: { ...out.headers, ...judgement.headers } };
    const problem = callProblem(call, route, { body, settings: this.#settings });
    if (problem !== undefined) return refuse(admitted, worded(problem, input));
    const answer = answerOf(call, behaviour, { settings: this.#settings, responses: this.#state.responses });
    if (answer.kind !== 'unknown-response') return sendAnswer(admitted, answer);
    const message = `Response with id '${answer.id}' not found.`;
    return refuse(admitted, { ...refuseCall(input, 'bad-request', message), status: 404 });
  }
}

function worded(problem: CallProblem, input: RefusalInput): Refusal {
  if (problem !== 'no-such-path') return refuseCall(input, problem.kind, problem.message);
  const { method, path } = input.call;
  if (path.startsWith('/openai/')) return { ...azurePathNotFound(), headers: {} };
  return { ...refuseCall(input, 'bad-request', `Invalid URL (${method} ${path})`), status: 404 };
}

function refuse(out: Outgoing, refusal: Refusal): Promise<void> {
  const answer: Answer = { kind: 'json', status: refusal.status, body: refusal.body, headers: refusal.headers };
  return sendAnswer(out, answer);
}
