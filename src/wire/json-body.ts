// Request bytes to a JsonBody: one scan for what is ordinary (json-scan.ts), repair for the rest (irregular-json.ts).
// The one place that decides which way a body goes.
import type { BodyProblem } from './body-types.ts';
import { ChunkList } from './chunk-list.ts';
import { repairJson, TOO_DEEP } from './irregular-json.ts';
import { FAST_SCAN, JsonScan, TRUSTED_SCAN, type ScanOptions } from './json-scan.ts';
import { ScannedBody } from './scanned-body.ts';
import { areUtf8 } from './utf8-check.ts';

export type { BodyEdits, BodyProblem, ByteBody, JsonBody } from './body-types.ts';

const EMPTY_OBJECT: readonly Buffer[] = [Buffer.from('{}')];

/**
 * Reads a request body. An empty one is `{}`, as in LiteLLM 1.106. What the scan refuses is parsed as a whole, then
 * without trailing commas and comments; what is still no JSON object is a problem for the client.
 */
export function readJsonBody(chunks: readonly Uint8Array[]): ScannedBody | BodyProblem {
  const bytes = new ChunkList(chunks);
  if (bytes.byteLength === 0) return readJsonBody(EMPTY_OBJECT);
  const body = scannedBody(bytes, FAST_SCAN);
  if (body !== undefined && areUtf8(bytes.chunks)) return body;
  const repaired = repairJson(bytes.joined());
  return repaired.kind === 'repaired' ? (writtenBody(repaired.text) ?? TOO_DEEP) : repaired;
}

/** A body made from a flat set of fields: forms, and whatever else does not arrive as JSON. */
export function jsonBodyOf(fields: Readonly<Record<string, unknown>>): ScannedBody {
  const body = writtenBody(JSON.stringify(fields));
  if (body === undefined) throw new RangeError('fields nested too deep for a body');
  return body;
}

/** A body made from text that JSON.stringify wrote for an object. */
function writtenBody(text: string): ScannedBody | undefined {
  return scannedBody(new ChunkList([Buffer.from(text)]), TRUSTED_SCAN);
}

function scannedBody(bytes: ChunkList, options: ScanOptions): ScannedBody | undefined {
  const scan = new JsonScan(options);
  for (const chunk of bytes.chunks) {
    if (!scan.push(chunk)) return undefined;
  }
  return scan.finish() ? new ScannedBody(bytes, scan) : undefined;
}
