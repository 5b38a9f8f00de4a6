// The bodies of `/model/info` and `/v2/model/info`: every deployment with its parameters, never a secret (the config
// already left those out of what it shows). Aliases repeat their group's deployments (golden a21, a25). Pure.
import type { GatewayConfig } from '../../config/types.ts';
import type { DeploymentIndex } from '../../core/units.ts';
import { supportedParams } from './supported-params.ts';

export interface ModelInfoItem {
  readonly model_name: string;
  readonly litellm_params: Readonly<Record<string, unknown>>;
  readonly model_info: Readonly<Record<string, unknown>>;
}

/** In the order of the config, then those of aliases that are not hidden. */
export function modelInfo(config: GatewayConfig): ModelInfoItem[] {
  const { deployments, aliases, groups } = config.table;
  const own = deployments.map(({ group, index }) => infoItem(config, group, index));
  const byAlias = [...aliases.values()].flatMap(({ name, target, hidden }) =>
    hidden ? [] : (groups.get(target)?.deployments ?? []).map((index) => infoItem(config, name, index)),
  );
  return [...own, ...byAlias];
}

/** Items of the deployment with this id; empty when there is none. */
export function modelInfoById(config: GatewayConfig, id: string): ModelInfoItem[] {
  const index = config.table.byId.get(id);
  const group = index === undefined ? undefined : config.table.deployments[index]?.group;
  return index === undefined || group === undefined ? [] : [infoItem(config, group, index)];
}

function infoItem(config: GatewayConfig, name: string, index: DeploymentIndex): ModelInfoItem {
  const shown = config.deployments[index];
  const provider = config.table.deployments[index]?.provider ?? '';
  return {
    model_name: name,
    litellm_params: shown?.shownParams ?? {},
    model_info: { supported_openai_params: supportedParams(provider), ...shown?.shownInfo },
    ...shown?.shownEntry,
  };
}

/** `?page=` counts from 1; without `?size=` everything is one page. */
export interface InfoQuery {
  readonly model: string | undefined;
  readonly search: string | undefined;
  readonly page: number;
  readonly size: number | undefined;
}

export interface InfoPage {
  readonly data: readonly ModelInfoItem[];
  readonly total_count: number;
  readonly current_page: number;
  readonly total_pages: number;
  readonly size: number;
}

/** `model` is a whole name or a deployment's model string, `search` a part of a name in any case. */
export function modelInfoPage(config: GatewayConfig, { model, search, page, size }: InfoQuery): InfoPage {
  const part = search?.toLowerCase();
  const found = modelInfo(config).filter(
    ({ model_name: name, litellm_params: params }) =>
      (model === undefined || model === name || model === params['model']) &&
      (part === undefined || name.toLowerCase().includes(part)),
  );
  const pageSize = size ?? Math.max(1, found.length);
  return {
    data: found.slice((page - 1) * pageSize, page * pageSize),
    total_count: found.length,
    current_page: page,
    total_pages: Math.ceil(found.length / pageSize),
    size: pageSize,
  };
}
