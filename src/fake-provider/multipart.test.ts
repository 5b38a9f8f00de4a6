import fc from 'fast-check';
import { expect, test } from 'vitest';
import { multipartBoundary, parseMultipart } from './multipart.ts';

async function encoded(form: FormData): Promise<{ body: Buffer; boundary: string }> {
  const response = new Response(form);
  const boundary = multipartBoundary(response.headers.get('content-type') ?? '');
  if (boundary === undefined) throw new Error('no boundary');
  return { body: Buffer.from(await response.arrayBuffer()), boundary };
}

test('fields and files of any content come out as they went in', async () => {
  const text = fc.string({ unit: 'grapheme-ascii' }).filter((value) => !/[\r\n]/.test(value));
  const bytes = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(text, bytes, async (model, audio) => {
      const form = new FormData();
      form.append('model', model);
      form.append('file', new File([Uint8Array.from(audio)], 'speech.mp3', { type: 'audio/mpeg' }));
      const { body, boundary } = await encoded(form);
      const parsed = parseMultipart(body, boundary);
      expect(parsed.fields).toEqual({ model });
      const file = { field: 'file', fileName: 'speech.mp3', contentType: 'audio/mpeg', sizeBytes: audio.length };
      expect(parsed.files).toEqual([file]);
    }),
  );
});

test('bytes that are no form give nothing and break nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const parsed = parseMultipart(Buffer.from(bytes), 'x');
      expect(parsed.files.length + Object.keys(parsed.fields).length).toBeLessThan(200);
    }),
  );
});

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
  ['application/json', undefined],
])('the boundary of %j', (contentType, boundary) => {
  expect(multipartBoundary(contentType)).toBe(boundary);
});
