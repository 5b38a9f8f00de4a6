// The routes that say which models there are. Reading only: what they show is made by pure functions over the config.
import type { GatewayConfig } from '../../config/types.ts';
import { detailEnvelope } from '../../wire/error-envelope.ts';
import { groupInfo } from './group-info.ts';
import { modelInfo, modelInfoById, modelInfoPage } from './model-info.ts';
import { FALLBACK_TYPES, findModel, modelList } from './model-list.ts';
import { providerList } from './provider-list.ts';
import { aliased, isOn, jsonReply, type ControlCall, type ControlReply, type ControlRoute } from './control-route.ts';

/** `config` gives what is in force now. */
export function listingRoutes(config: () => GatewayConfig): ControlRoute[] {
  return [...modelRoutes(config), ...infoRoutes(config), ...groupRoutes(config)];
}

function modelRoutes(config: () => GatewayConfig): ControlRoute[] {
  const list = aliased(['/v1/models', '/models'], {
    method: 'GET',
    summary: 'Model names that can be asked for',
    tag: 'models',
    query: [
      { name: 'return_wildcard_routes', type: 'boolean', description: 'Show the patterns of wildcard models too' },
      { name: 'include_metadata', type: 'boolean', description: 'Add the fallbacks of each model' },
      { name: 'fallback_type', type: 'string', description: 'general (default), context_window or content_policy' },
    ],
    handle: ({ query }) => listModels(config(), query),
  });
  const single = aliased(['/v1/models/{model_id}', '/models/{model_id}'], {
    method: 'GET',
    summary: 'One model',
    tag: 'models',
    handle: ({ params }) => showModel(config(), params['model_id'] ?? ''),
  });
  const providers: ControlRoute = {
    method: 'GET',
    path: '/model/settings',
    summary: 'Provider names that a model string may begin with',
    tag: 'models',
    handle: () => jsonReply(providerList()),
  };
  return [...list, ...single, providers];
}

function listModels(config: GatewayConfig, query: ControlCall['query']): ControlReply {
  const fallbackType = query['fallback_type'] ?? 'general';
  if (!FALLBACK_TYPES.includes(fallbackType)) {
    return detail(400, `Invalid fallback_type. Must be one of: ${FALLBACK_TYPES.join(', ')}`);
  }
  return jsonReply(
    modelList(config, {
      withPatterns: isOn(query['return_wildcard_routes']),
      fallbackType: isOn(query['include_metadata']) ? fallbackType : undefined,
    }),
  );
}

/** Texts as in golden b02. */
function showModel(config: GatewayConfig, id: string): ControlReply {
  const found = findModel(config, id);
  if (found.kind === 'found') return jsonReply(found.item);
  if (found.kind === 'alias') return detail(404, `Model '${id}' not found in router configuration`);
  // A name with a slash is no path of this API (golden b02).
  return detail(404, id.includes('/') ? 'Not Found' : `The model \`${id}\` does not exist or is not accessible`);
}

function infoRoutes(config: () => GatewayConfig): ControlRoute[] {
  const first = aliased(['/model/info', '/v1/model/info'], {
    method: 'GET',
    summary: 'Deployments with their parameters, without secrets',
    tag: 'models',
    query: [{ name: 'litellm_model_id', type: 'string', description: 'Only the deployment with this id' }],
    handle: ({ query }) => showInfo(config(), query['litellm_model_id']),
  });
  const second: ControlRoute = {
    method: 'GET',
    path: '/v2/model/info',
    summary: 'Deployments by page',
    tag: 'models',
    query: [
      { name: 'model', type: 'string', description: 'Only this model name or model string' },
      { name: 'search', type: 'string', description: 'Only names with this part' },
      { name: 'page', type: 'integer', description: 'Page, from 1' },
      { name: 'size', type: 'integer', description: 'Items a page; without it there is one page' },
    ],
    handle: ({ query }) => showInfoPage(config(), query),
  };
  return [...first, second];
}

function showInfo(config: GatewayConfig, id: string | undefined): ControlReply {
  if (id === undefined) return jsonReply({ data: modelInfo(config) });
  const data = modelInfoById(config, id);
  return data.length === 0
    ? detail(400, { error: `Model id = ${id} not found on litellm proxy` })
    : jsonReply({ data });
}

function showInfoPage(config: GatewayConfig, query: ControlCall['query']): ControlReply {
  const page = positive(query['page'] ?? '1');
  const size = query['size'] === undefined ? undefined : positive(query['size']);
  if (page === undefined || (query['size'] !== undefined && size === undefined)) {
    return detail(422, 'page and size are whole numbers from 1');
  }
  return jsonReply(modelInfoPage(config, { model: query['model'], search: query['search'], page, size }));
}

function positive(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** The second path is the one of LiteLLM's 2024 document; 1.106 has lost it. */
function groupRoutes(config: () => GatewayConfig): ControlRoute[] {
  return aliased(['/model_group/info', '/v1/model_group/info'], {
    method: 'GET',
    summary: 'Model groups with the best of their deployments',
    tag: 'models',
    query: [{ name: 'model_group', type: 'string', description: 'Only this group or alias' }],
    handle: ({ query }) => jsonReply({ data: groupInfo(config(), query['model_group']) }),
  });
}

function detail(status: number, value: string | Readonly<Record<string, unknown>>): ControlReply {
  return { status, contentType: 'application/json', body: detailEnvelope(value) };
}
