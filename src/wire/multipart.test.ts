import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMultipart, type MultipartForm } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=bb';

function part(name: string, value: string | Buffer, filename?: string): Buffer {
  const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: audio/wav`;
  return Buffer.concat([
    Buffer.from(`--bb\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
}

function form(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from('--bb--\r\n')]);
}

function read(body: Buffer, at = 0): MultipartForm {
  const result = readMultipart([body.subarray(0, at), body.subarray(at)], TYPE);
  if ('kind' in result) throw new Error(result.message);
  return result;
}

describe('readMultipart', () => {
  const audio = Buffer.from([0, 255, ...Buffer.from('\r\n--b\r\n\r\nname="model"'), 1]);
  const body = form(
    part('file', audio, 'a.wav'),
    part('model', 'whisper-1'),
    part('stream', 'true'),
    part('prompt', ''),
  );

  it('reads small fields and leaves the file alone', () => {
    const { fields, contentType } = read(body);
    expect(['model', 'stream', 'prompt', 'file', 'absent'].map((name) => fields.get(name))).toEqual([
      'whisper-1',
      true,
      '',
      undefined,
      undefined,
    ]);
    expect([fields.has('file'), fields.has('absent')]).toEqual([true, false]);
    expect(contentType).toBe(TYPE);
  });

  it('replaces the model and nothing else, wherever the body is cut', () => {
    const expected = form(
      part('file', audio, 'a.wav'),
      part('model', 'up/é'),
      part('stream', 'true'),
      part('prompt', ''),
    );
    for (let at = 0; at <= body.length; at += 1) {
      const changed = read(body, at).withModel('up/é');
      expect(Buffer.concat(changed.chunks).equals(expected)).toBe(true);
      expect(changed.byteLength).toBe(expected.length);
    }
  });

  it('puts a model in front where the client sent none', () => {
    const changed = Buffer.concat(read(form(part('file', audio, 'a.wav'))).withModel('m').chunks);
    expect(read(changed).fields.get('model')).toBe('m');
    expect(changed.includes(audio)).toBe(true);
  });

  it('does not take a file called model for the model', () => {
    const { fields, ...rest } = read(form(part('model', 'RIFF', 'model.wav')));
    expect(fields.get('model')).toBeUndefined();
    expect(rest.byteLength).toBeGreaterThan(0);
  });

  it('carries any file through', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.string({ minLength: 1 }), (bytes, model) => {
        const file = Buffer.from(bytes);
        const sent = form(part('file', file, 'f'), part('model', 'old'));
        const text = Buffer.concat(read(sent).withModel(model).chunks);
        expect(text.equals(form(part('file', file, 'f'), part('model', model)))).toBe(true);
      }),
    );
  });

  it.each([
    ['a quoted boundary', 'multipart/form-data; charset=utf-8; boundary="bb"'],
    ['capitals', 'Multipart/Form-Data; Boundary=bb'],
  ])('understands %s', (_, type) => {
    expect('kind' in readMultipart([body], type)).toBe(false);
  });

  it.each([
    ['no boundary', 'multipart/form-data', body],
    ['no body', TYPE, Buffer.alloc(0)],
    ['another boundary', 'multipart/form-data; boundary=cc', body],
    ['a body cut off', TYPE, body.subarray(0, -10)],
    ['a part without a header', TYPE, Buffer.from('--bb\r\nnonsense')],
    ['JSON', TYPE, Buffer.from('{"model":"m"}')],
  ])('refuses %s', (_, type, bytes) => {
    expect(readMultipart([bytes], type)).toMatchObject({
      kind: 'invalid-json',
      message: expect.stringContaining('Invalid form payload') as string,
    });
  });
});
