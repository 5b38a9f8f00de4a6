// The id of a deployment that has none in `model_info`: SHA-256 over the group's name and every parameter's key and
// value in file order, after environment references (LiteLLM 1.106, recorded values in the golden cases b16 and a24).
// Entry-level rpm and tpm are not part of it.
import { createHash } from 'node:crypto';
import type { MapNode } from './config-node.ts';
import { pythonText } from './python-text.ts';

/** 64 hex digits. Two entries that are alike share an id; a changed api key changes it. */
export function deploymentId(group: string, litellmParams: MapNode): string {
  const hash = createHash('sha256');
  hash.update(group);
  for (const [key, entry] of litellmParams.entries) hash.update(key).update(pythonText(entry.value));
  return hash.digest('hex');
}
