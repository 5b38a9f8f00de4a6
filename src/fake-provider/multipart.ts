// Reads a multipart/form-data body far enough to answer a transcription: the text fields, and of each file its name,
// type and size. Kept small on purpose; the gateway has its own, which never sees this one.

export interface MultipartFile {
  readonly field: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
}

export interface MultipartForm {
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly MultipartFile[];
}

/** The boundary that a content type names, or `undefined` when it is not multipart. */
export function multipartBoundary(contentType: string): string | undefined {
  const match = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** Fields and files of a body. A part without a name is skipped; a body without a closing boundary gives what it has. */
export function parseMultipart(body: Buffer, boundary: string): MultipartForm {
  const fields: Record<string, string> = {};
  const files: MultipartFile[] = [];
  const delimiter = Buffer.from(`--${boundary}`);
  let start = body.indexOf(delimiter);
  while (start >= 0) {
    const next = body.indexOf(delimiter, start + delimiter.length);
    if (next < 0) break;
    const part = body.subarray(start + delimiter.length + 2, next - 2);
    const headEnd = part.indexOf('\r\n\r\n');
    if (headEnd >= 0) {
      const head = part.toString('utf8', 0, headEnd);
      const content = part.subarray(headEnd + 4);
      addPart(head, content, { fields, files });
    }
    start = next;
  }
  return { fields, files };
}

interface FormInProgress {
  readonly fields: Record<string, string>;
  readonly files: MultipartFile[];
}

function addPart(head: string, content: Buffer, form: FormInProgress): void {
  const field = /[;\s]name="([^"]*)"/i.exec(head)?.[1];
  if (field === undefined) return;
  const fileName = /filename="([^"]*)"/i.exec(head)?.[1];
  if (fileName === undefined) {
    form.fields[field] = content.toString('utf8');
    return;
  }
  const contentType = /^content-type:\s*(.+)$/im.exec(head)?.[1]?.trim() ?? 'application/octet-stream';
  form.files.push({ field, fileName, contentType, sizeBytes: content.length });
}
