// What only some configs want to know of a request: its region, output format and User-Agent, and by what it sticks to
// a deployment. Read apart from the rest, so that a request of a config without such filters pays for none of it.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AffinitySettings, StickyKeys } from '../core/affinity/affinity-settings.ts';
import type { ResponseFormat } from '../core/deployment.ts';
import type { RequestIntent } from '../core/request-intent.ts';
import type { RouterSettings } from '../core/routing-table.ts';
import { presentedKey } from './auth.ts';
import { promptKeys } from './prompt-keys.ts';

/** A request as far as these filters look. */
export interface FilteredRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    get(key: string): unknown;
    raw?(key: string): string | undefined;
    readonly promptTokens: number;
  };
  /** `general_settings.litellm_key_header_name`. */
  readonly keyHeader: string | undefined;
}

/** The same intent where nothing of it is configured. */
export function withFilterFields(
  intent: RequestIntent,
  settings: RouterSettings,
  request: FilteredRequest,
): RequestIntent {
  const { enablePreCallChecks, readsUserAgent, affinity } = settings;
  if (!enablePreCallChecks && !readsUserAgent && affinity === undefined) return intent;
  const { headers, body } = request;
  return {
    ...intent,
    allowedRegion: enablePreCallChecks ? textOf(body.get('allowed_model_region')) : undefined,
    responseFormat: enablePreCallChecks ? formatOf(body.get('response_format')) : undefined,
    userAgent: readsUserAgent ? headers['user-agent'] : undefined,
    sticky: affinity === undefined ? undefined : stickyKeys(affinity, request),
  };
}

function stickyKeys({ anywhere }: AffinitySettings, { headers, body, keyHeader }: FilteredRequest): StickyKeys {
  const caller = anywhere.caller || anywhere.session ? presentedKey(headers, keyHeader) : undefined;
  const session = anywhere.session ? sessionOf(headers, body) : undefined;
  const tools = body.raw?.('tools');
  return {
    // A session belongs to its caller: another's session of the same name is another session (1.106, 9b).
    session: session === undefined ? undefined : hashed(caller ?? '', session),
    caller: anywhere.caller && caller !== undefined ? hashed(caller) : undefined,
    prompts: anywhere.prompt
      ? promptKeys({ messages: body.get('messages'), tools, promptTokens: body.promptTokens })
      : [],
  };
}

function sessionOf(headers: IncomingHttpHeaders, body: FilteredRequest['body']): string | undefined {
  const header = headers['x-litellm-session-id'];
  return (
    textOf(body.get('litellm_session_id')) ??
    textOf(memberOf(body.get('metadata'), 'session_id')) ??
    textOf(memberOf(body.get('litellm_metadata'), 'session_id')) ??
    textOf(header)
  );
}

function formatOf(value: unknown): ResponseFormat | undefined {
  const type = memberOf(value, 'type');
  return type === 'json_object' || type === 'json_schema' ? type : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function hashed(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
