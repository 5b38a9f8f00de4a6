// `multipart/form-data` bodies (audio transcriptions): the small fields read, the model replaced, the file left as the
// bytes that came. Separate because parts are found by their boundary, not by JSON.
import type { BodyProblem, ByteBody } from './body-types.ts';
import { ChunkList } from './chunk-list.ts';
import { fieldValue } from './form-field.ts';

/** Larger parts are files or long prompts: nobody asks for their value. */
const MAX_FIELD_BYTES = 64 * 1024;

/** Longest header block of one part. */
const MAX_PART_HEAD_BYTES = 16 * 1024;

const HEAD_END = Buffer.from('\r\n\r\n');

/** Fields by name, as a JSON body has them. */
export interface FormFields {
  has(name: string): boolean;
  /** `undefined` when absent, a file, or too large to be looked at. */
  get(name: string): unknown;
}

export interface MultipartForm {
  /** As the client sent it, boundary included. */
  readonly contentType: string;
  readonly fields: FormFields;
  readonly byteLength: number;
  /** The same body with another model; the field is put in front where the client sent none. */
  withModel(model: string): ByteBody;
}

interface Part {
  readonly name: string | undefined;
  readonly isFile: boolean;
  readonly from: number;
  readonly to: number;
}

export function readMultipart(chunks: readonly Uint8Array[], contentType: string): MultipartForm | BodyProblem {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return problem('missing boundary in multipart');
  const bytes = new ChunkList(chunks);
  const parts = findParts(bytes.joined(), Buffer.from(`--${boundary}`, 'latin1'));
  return typeof parts === 'string' ? problem(parts) : new Form(bytes, { contentType, boundary, parts });
}

interface FormLayout {
  readonly contentType: string;
  readonly boundary: string;
  readonly parts: readonly Part[];
}

class Form implements MultipartForm {
  readonly contentType: string;
  readonly fields: FormFields;
  readonly byteLength: number;
  readonly #bytes: ChunkList;
  readonly #model: Part | undefined;
  readonly #boundary: string;

  constructor(bytes: ChunkList, { contentType, boundary, parts }: FormLayout) {
    this.contentType = contentType;
    this.byteLength = bytes.byteLength;
    this.#bytes = bytes;
    this.#boundary = boundary;
    this.#model = parts.find((part) => part.name === 'model' && !part.isFile);
    this.fields = readFields(bytes, parts);
  }

  withModel(model: string): ByteBody {
    const chunks: Buffer[] = [];
    const { from, to } = this.#model ?? { from: 0, to: 0 };
    const replacement = Buffer.from(this.#model === undefined ? this.#modelPart(model) : model);
    this.#bytes.slice(0, from, chunks);
    chunks.push(replacement);
    this.#bytes.slice(to, this.byteLength, chunks);
    return { chunks, byteLength: this.byteLength - (to - from) + replacement.length };
  }

  #modelPart(model: string): string {
    return `--${this.#boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n`;
  }
}

function readFields(bytes: ChunkList, parts: readonly Part[]): FormFields {
  const values = new Map<string, unknown>();
  for (const { name, isFile, from, to } of parts) {
    if (name === undefined) continue;
    const isSmall = !isFile && to - from <= MAX_FIELD_BYTES;
    values.set(name, isSmall ? fieldValue(name, bytes.text(from, to)) : undefined);
  }
  return values;
}

/** Parts in order, or what is wrong. */
function findParts(body: Buffer, delimiter: Buffer): Part[] | string {
  const parts: Part[] = [];
  const between = Buffer.concat([Buffer.from('\r\n'), delimiter]);
  let at = body.indexOf(delimiter);
  if (at < 0 || !startsLine(body, at)) return 'the first boundary is missing';
  for (;;) {
    const after = at + delimiter.length;
    if (body.toString('latin1', after, after + 2) === '--') return parts;
    const headStart = body.indexOf('\r\n', after);
    const headEnd = headStart < 0 ? -1 : body.indexOf(HEAD_END, headStart);
    if (headEnd < 0 || headEnd - headStart > MAX_PART_HEAD_BYTES) return 'a part has no header';
    const from = headEnd + HEAD_END.length;
    const end = body.indexOf(between, from);
    if (end < 0) return 'the last boundary is missing';
    const head = body.toString('utf8', headStart, headEnd);
    parts.push({ name: parameter(head, 'name'), isFile: parameter(head, 'filename') !== undefined, from, to: end });
    at = end + 2;
  }
}

function startsLine(body: Buffer, at: number): boolean {
  return at === 0 || (body[at - 2] === 0x0d && body[at - 1] === 0x0a);
}

/** RFC 2046: 1 to 70 characters; quoted or not. */
function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** A parameter of the part's content-disposition; `filename*` counts as a file name. */
function parameter(head: string, name: string): string | undefined {
  const disposition = /^content-disposition:[^\r\n]*/im.exec(head)?.[0] ?? '';
  const match = new RegExp(`;\\s*${name}\\*?=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(disposition);
  return match?.[1] ?? match?.[2];
}

function problem(what: string): BodyProblem {
  return { kind: 'invalid-json', message: `Invalid form payload: ${what}` };
}
