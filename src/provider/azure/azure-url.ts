// Where an Azure OpenAI deployment is: the dated form with the deployment in the path, and the `/openai/v1` form that
// looks like OpenAI. Which form a base and a version mean was observed (golden a40, a62) and is decided here only.
import { ENDPOINT_PATH } from '../../wire/endpoint.ts';
import type { ApiBase, UpstreamPlace } from '../target-plan.ts';

/** LiteLLM 1.106 (golden a40). */
export const DEFAULT_API_VERSION = '2025-02-01-preview';

/** Versions that have no date stand for the v1 form. */
const V1_VERSIONS: ReadonlySet<string> = new Set(['v1', 'preview', 'latest']);

const DEPLOYMENT_BASE = /\/openai\/deployments\/[^/]+/;
const ENDPOINT_ENDS = Object.values(ENDPOINT_PATH);

export type AzureForm = 'v1' | 'dated';

export function azureForm(base: ApiBase, apiVersion: string | undefined): AzureForm {
  return base.path.endsWith('/openai/v1') || V1_VERSIONS.has(apiVersion ?? '') ? 'v1' : 'dated';
}

/** Paths of the v1 form carry no version, as 1.106 sends them; the model is in the body. */
export function v1Path(base: ApiBase): (place: UpstreamPlace) => string {
  const root = withoutEndpoint(base.path).replace(/\/openai(\/v1)?$/, '');
  return ({ path }) => `${root}/openai/v1${path}`;
}

/**
 * A base may be the resource, the deployment, or a whole endpoint URL. The version in its query does not count (golden
 * a40), the client's does.
 */
export function datedPath(base: ApiBase, apiVersion: string): (place: UpstreamPlace) => string {
  const withDeployment = DEPLOYMENT_BASE.exec(base.path);
  const root = withoutEndpoint(base.path).replace(/\/openai$/, '');
  return ({ endpoint, path, model, apiVersion: asked }) => {
    const version = `?api-version=${encodeURIComponent(asked ?? apiVersion)}`;
    if (endpoint === 'responses') {
      const resource = withDeployment === null ? root : base.path.slice(0, withDeployment.index);
      return `${resource}/openai/responses${path.slice('/responses'.length)}${version}`;
    }
    if (withDeployment !== null) return root + path + version;
    return `${root}/openai/deployments/${pathSegment(model)}${path}${version}`;
  };
}

/** A model name behind a wildcard is a client's text: half a surrogate pair has no escape, and dots alone would climb. */
function pathSegment(model: string): string {
  return /^\.{1,2}$/.test(model) ? `_${model}` : encodeURIComponent(model.toWellFormed());
}

function withoutEndpoint(path: string): string {
  const end = ENDPOINT_ENDS.find((ending) => path.endsWith(ending));
  return end === undefined ? path : path.slice(0, -end.length);
}
