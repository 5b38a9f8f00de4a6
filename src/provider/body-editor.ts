// Applies the rules of a deployment to one body. An ordinary body (nothing to fill in, nothing that changes meaning) is
// patched with edits that were made at load time; any other one collects its own. Neither parses what it need not.
import type { BodyEdits, ByteBody, JsonBody } from '../wire/body-types.ts';
import { bridgeEndpoint } from './bridge-endpoint.ts';
import { isNested, recordOf, rootOf, stringsOf, type CallRules } from './call-rules.ts';
import { rewrittenMessages, withoutDeveloperRole } from './developer-role.ts';
import { dropPath, stepsBelowRoot } from './drop-path.ts';
import { GATEWAY_ONLY_FIELDS, OPENAI_CHAT_PARAMS } from './gateway-fields.ts';
import type { ProviderCall, UnsupportedCall } from './types.ts';
import { refusedMessage, temperatureMessage } from './unsupported-params.ts';

/** Nothing to fill in and no member that changes more than a value. One pass over the keys, at every request. */
export function isOrdinary(call: ProviderCall, body: JsonBody, rules: CallRules): boolean {
  if (rules.fillsIn || call.overrides !== undefined) return false;
  for (const key of body.keys()) {
    if (rules.special.has(key)) return false;
  }
  return true;
}

/** An ordinary body for the upstream. */
export function patchOrdinary(call: ProviderCall, body: JsonBody, rules: CallRules): ByteBody {
  const edits = call.stream ? rules.streamed : rules.plain;
  const messages = rules.rewritesDeveloper ? withoutDeveloperRole(body) : undefined;
  if (messages === undefined) return body.patched(edits);
  return body.patched({ set: new Map([...edits.set, ['messages', messages]]), remove: edits.remove });
}

/** Any body for the upstream, or why there is none. */
export function editBody(call: ProviderCall, body: JsonBody, rules: CallRules): ByteBody | UnsupportedCall {
  return new BodyEditor(call, body, rules).edit(call.stream ? rules.streamed : rules.plain);
}

/** One body on its way to the upstream: the original members, what is set over them, and what is cut. */
class BodyEditor {
  readonly #call: ProviderCall;
  readonly #body: JsonBody;
  readonly #rules: CallRules;
  #set = new Map<string, string>();
  #remove: Set<string> = new Set();

  constructor(call: ProviderCall, body: JsonBody, rules: CallRules) {
    this.#call = call;
    this.#body = body;
    this.#rules = rules;
  }

  edit(edits: BodyEdits): ByteBody | UnsupportedCall {
    this.#set = new Map(edits.set);
    this.#remove = new Set(edits.remove);
    this.#fillIn();
    this.#addExtraBody();
    this.#dropNamed();
    const refused = this.#checkRefused() ?? this.#checkTemperature();
    if (refused !== undefined) return refused;
    this.#rename();
    this.#mergeStreamOptions();
    this.#rewriteValues();
    const bridged = bridgeEndpoint(this.#rules, this);
    if (bridged !== undefined) return bridged;
    return this.#body.patched({ set: this.#set, remove: this.#remove });
  }

  /** The member as it will be sent. */
  has(key: string): boolean {
    return this.#set.has(key) || (!this.#remove.has(key) && this.#body.has(key));
  }

  /** Raw JSON text of the member as it will be sent. */
  raw(key: string): string | undefined {
    return this.#set.get(key) ?? (this.#remove.has(key) ? undefined : this.#body.raw(key));
  }

  get(key: string): unknown {
    const text = this.#set.get(key);
    if (text !== undefined) return JSON.parse(text);
    return this.#remove.has(key) ? undefined : this.#body.get(key);
  }

  set(key: string, text: string): void {
    this.#set.set(key, text);
  }

  drop(key: string): void {
    this.#set.delete(key);
    this.#remove.add(key);
  }

  /** Fallback overrides win over the request, the request over the deployment; tools of both are sent. */
  #fillIn(): void {
    for (const [key, value] of Object.entries(this.#call.overrides ?? {})) {
      const isOurs = GATEWAY_ONLY_FIELDS.has(key) || key === 'model' || key === 'stream';
      if (!isOurs && value !== undefined) this.#set.set(key, JSON.stringify(value));
    }
    for (const [key, text] of this.#rules.defaults) {
      if (key === 'stream_options' && !this.#call.stream) continue;
      if (!this.has(key)) this.#set.set(key, text);
    }
    const { tools } = this.#rules;
    if (tools.length === 0) return;
    const own = this.get('tools');
    this.#set.set('tools', JSON.stringify(Array.isArray(own) ? [...tools, ...own] : tools));
  }

  /**
   * The request's `extra_body` replaces the deployment's. Unknown members beside it win, known parameters do not. The
   * model was decided by routing and is not the caller's to change here.
   */
  #addExtraBody(): void {
    const own = this.#body.has('extra_body') ? this.#body.get('extra_body') : undefined;
    const extra = own === undefined || own === null ? this.#rules.extraBody : recordOf(own);
    for (const [key, value] of Object.entries(extra)) {
      if (value === undefined || key === 'model' || key === 'stream') continue;
      if (this.#body.has(key) && !OPENAI_CHAT_PARAMS.has(key)) continue;
      this.#set.set(key, JSON.stringify(value));
    }
  }

  #dropNamed(): void {
    const own = this.#body.has('additional_drop_params') ? stringsOf(this.#body.get('additional_drop_params')) : [];
    for (const path of own) {
      if (!isNested(path)) this.drop(path);
    }
    for (const path of [...this.#rules.nestedDrops, ...own.filter(isNested)]) {
      const root = rootOf(path);
      if (!this.has(root)) continue;
      const value = structuredClone(this.get(root));
      dropPath(value, stepsBelowRoot(path));
      this.#set.set(root, JSON.stringify(value));
    }
  }

  #checkRefused(): UnsupportedCall | undefined {
    const refused = [...this.#rules.refuses].filter((key) => this.#isGiven(key));
    if (refused.length === 0) return undefined;
    const allowed = stringsOf(this.#body.get('allowed_openai_params'));
    const left = refused.filter((key) => !allowed.includes(key) && !this.#isServed(key));
    if (left.length === 0) return undefined;
    if (!this.#mayDrop()) return refusedMessage(this.#rules, left);
    for (const key of left) this.drop(key);
    return undefined;
  }

  /** With reasoning switched off, some models take sampling parameters after all. */
  #isServed(key: string): boolean {
    return this.#hasStoppedReasoning() && (key === 'top_p' || key === 'logprobs' || key === 'top_logprobs');
  }

  #hasStoppedReasoning(): boolean {
    if (!this.#rules.canStopReasoning) return false;
    const effort = this.get('reasoning_effort');
    return effort === undefined || effort === null || effort === 'none';
  }

  #checkTemperature(): UnsupportedCall | undefined {
    if (!this.#rules.fixesTemperature || !this.#isGiven('temperature')) return undefined;
    const temperature = this.get('temperature');
    if (temperature === 1 || this.#hasStoppedReasoning()) return undefined;
    if (!this.#mayDrop()) return temperatureMessage(this.#rules, temperature);
    this.drop('temperature');
    return undefined;
  }

  #isGiven(key: string): boolean {
    return this.has(key) && this.raw(key) !== 'null';
  }

  #mayDrop(): boolean {
    return this.#rules.mayDrop || (this.#body.has('drop_params') && this.#body.get('drop_params') === true);
  }

  #rename(): void {
    for (const [from, to] of this.#rules.renames) {
      const value = this.raw(from);
      if (value === undefined) continue;
      if (!this.has(to)) this.#set.set(to, value);
      this.drop(from);
    }
  }

  /** Usage is always asked for: the limits need it. What else the client asked for stays. */
  #mergeStreamOptions(): void {
    if (!this.#call.stream || !this.#rules.streamsUsage) return;
    const text = this.#body.raw('stream_options') ?? this.#rules.defaults.get('stream_options');
    if (text === undefined || text === 'null') return;
    const options = recordOf(JSON.parse(text));
    this.#set.set('stream_options', JSON.stringify({ ...options, include_usage: true }));
  }

  #rewriteValues(): void {
    const { rewritesDeveloper, requiredToolChoice, refusesNull, endpoint } = this.#rules;
    const messages = this.#set.get('messages');
    const rewritten = !rewritesDeveloper
      ? undefined
      : messages === undefined
        ? withoutDeveloperRole(this.#body)
        : rewrittenMessages(JSON.parse(messages));
    if (rewritten !== undefined) this.#set.set('messages', rewritten);
    if (requiredToolChoice !== undefined && this.has('tool_choice') && this.get('tool_choice') === 'required') {
      this.#set.set('tool_choice', JSON.stringify(requiredToolChoice));
    }
    if (refusesNull) {
      for (const key of OPENAI_CHAT_PARAMS) {
        if (this.raw(key) === 'null') this.drop(key);
      }
    }
    if (endpoint === 'responses' && this.has('metadata') && !isTextMap(this.get('metadata'))) this.drop('metadata');
  }
}

/** What the Responses API takes as metadata; other maps are notes to the gateway. */
function isTextMap(value: unknown): boolean {
  return Object.values(recordOf(value)).every((item) => typeof item === 'string');
}
