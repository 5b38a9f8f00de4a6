// One client request from acceptance to settlement: what was asked, what has been tried, and what was answered. The
// executor drives it; attempts read it; the reply and the final event are made from it.
import type { IncomingMessage } from 'node:http';
import type { Attempt, Failure, TokenUsage } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import type { RequestIntent } from '../core/request-intent.ts';
import type { DeploymentIndex, Millis } from '../core/units.ts';
import type { Clock, TimerHandle } from '../upstream/clock.ts';
import type { AnswerHeaders, UpstreamCall } from '../upstream/upstream-call.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import type { ByteBody, JsonBody } from '../wire/json-body.ts';
import type { StreamProgress } from '../wire/stream-progress.ts';
import type { StreamReader } from '../wire/stream-reader.ts';
import type { Mock } from '../wire/mock.ts';
import type { ClientResponse } from './client-response.ts';
import type { GatewayListener } from './events.ts';
import type { Runtime, ServerState } from './runtime.ts';
import type { TokenCounter } from './tokens/token-counter.ts';
import type { CredentialCache } from '../upstream/credentials.ts';

/** What every exchange shares. */
export interface GatewayServices {
  readonly clock: Clock;
  readonly publish: GatewayListener;
  readonly credentials: CredentialCache;
  /** Copies a request to the groups that the deployment names (`silent_model`). */
  readonly mirror: (original: Exchange, deployment: DeploymentIndex) => void;
  /** Counts the requests that wait for a unit of a limit. */
  readonly waits: Pick<ServerState, 'queued'>;
  readonly tokens: TokenCounter;
  /** Asked when a request runs into trouble: whether the reasons may be kept. Rations what they cost. */
  readonly explainTrouble: (now: Millis) => boolean;
}

/** A multipart body that is forwarded with its model replaced; `withModel` makes the bytes for one attempt. */
export interface MultipartBody {
  readonly contentType: string;
  withModel(model: string): ByteBody;
}

/** The models of one request, and what is to be made of their answers. */
export interface FanOut {
  readonly models: readonly string[];
  /** The first success is the answer. */
  readonly isRace: boolean;
}

/** A request as its body, headers and URL were understood. */
export interface UnderstoodRequest {
  readonly intent: RequestIntent;
  readonly body: JsonBody | undefined;
  readonly multipart: MultipartBody | undefined;
  /** `model` of the body as the client wrote it; answers echo it. */
  readonly bodyModel: string | undefined;
  /** `?api-version=` of the client's URL. */
  readonly apiVersion: string | undefined;
  /** The client asked for a usage chunk at the end of its stream. */
  readonly wantsUsage: boolean;
  readonly includeFallbackErrors: boolean;
  /** Client headers that may pass upstream, flat name/value pairs. */
  readonly clientHeaders: readonly string[];
  /** The answer that the request brings itself. */
  readonly mock: Mock | undefined;
  /** Several models are asked instead of one. */
  readonly fanOut: FanOut | undefined;
}

/** Everything known about a request when it is planned. */
export interface ExchangeInput extends UnderstoodRequest {
  readonly request: IncomingMessage;
  readonly response: ClientResponse;
  readonly runtime: Runtime;
  readonly services: GatewayServices;
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly callId: string;
  readonly startedAtMs: Millis;
  readonly plan: Plan;
}

/** A call that may be given up because another one was first. */
export interface RacingCall extends UpstreamCall {
  lose(): void;
}

const NO_GROUPS: readonly string[] = [];

export class Exchange {
  readonly input: ExchangeInput;
  /** The call under way, to be cancelled when the client leaves. */
  call: UpstreamCall | undefined;
  /** The one beside it, in a race. */
  rivalCall: RacingCall | undefined;
  /** Two attempts are under way. */
  isRacing = false;
  /** Of a race: whose answer counts, once that is known. */
  winner: Attempt | undefined;
  /** Who had content first, where there was a race. */
  raced: 'first' | 'second' | 'none' | undefined;
  /** Told when the attempt under way has been silent for so long that a rival is wanted. */
  onSilence: (() => void) | undefined;
  /** Wakes the executor from a wait when the client leaves. */
  wake: (() => void) | undefined;
  isGone = false;
  attempts = 0;
  upstreamMs: Millis = 0;
  /** Time spent waiting for a unit of a limit, a `Retry-After` or a backoff. */
  queuedMs: Millis = 0;
  firstContentMs: Millis | undefined;
  usage: TokenUsage | undefined;
  deployment: DeploymentIndex | undefined;
  group: string | undefined;
  /** Groups that have got their copy of this request. */
  mirrored: readonly string[] = NO_GROUPS;
  retries = 0;
  fallbacks = 0;
  failure: Failure | undefined;
  status = 0;
  /** What the client has of a stream, from its first content on. */
  progress: StreamProgress | undefined;
  /** The attempt for which the headers of a stream were sent: what goes wrong from then on is told in-band. */
  headFor: Attempt | undefined;
  /** The latest attempt, made or under way. */
  planned: Attempt | undefined;
  /** Timer of the next sign of life. */
  keepAlive: TimerHandle | undefined;
  /** The latest reader of the stream, whose dialect an in-band error is told in. */
  reader: StreamReader | undefined;
  /** Whose stream broke, where another one went on with it. */
  brokenDeployment: DeploymentIndex | undefined;
  /** How a broken stream was gone on with, as far as it came. */
  recovered: 'replay' | 'prefill' | undefined;
  /** The last attempt's answer had begun when it failed: 1.106 then shows its headers (golden h12, h14). */
  opened: { readonly planned: Attempt; readonly headers: AnswerHeaders } | undefined;
  /** Headers of the last upstream error answer, shown prefixed with the final error. */
  failedHeaders: AnswerHeaders | undefined;

  constructor(input: ExchangeInput) {
    this.input = input;
  }

  /** What is said of the request is from now on what is true of this attempt. */
  adopt(planned: Attempt): void {
    this.planned = planned;
    this.deployment = planned.deployment;
    this.group = planned.group;
    this.retries = planned.retries;
    this.fallbacks = planned.fallbacks;
  }

  /** The client went away: nothing further is sent upstream, nobody is to blame. */
  leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.call?.cancel('the client went away');
    this.rivalCall?.cancel('the client went away');
    this.wake?.();
  }
}
