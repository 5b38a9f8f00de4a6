// A transcription needs a file: a tenth of a second of silence, the shortest that speech models take, as a multipart
// form. Made here instead of shipped as a binary.
import type { ByteBody } from '../../wire/json-body.ts';

const BOUNDARY = 'loadstone-health-check';
const SAMPLE_RATE_HZ = 16_000;
const SAMPLES = SAMPLE_RATE_HZ / 10;
const BYTES_PER_SAMPLE = 2;
const HEADER_BYTES = 44;

/** The form for one model, ready to be sent. */
export function silentAudioForm(model: string): { readonly body: ByteBody; readonly contentType: string } {
  const part = (disposition: string): string => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${disposition}`;
  const bytes = Buffer.concat([
    Buffer.from(`${part('name="model"')}\r\n\r\n${model}\r\n`),
    Buffer.from(`${part('name="file"; filename="silence.wav"')}\r\ncontent-type: audio/wav\r\n\r\n`),
    silentWav(),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
  const body = { chunks: [bytes], byteLength: bytes.length };
  return { body, contentType: `multipart/form-data; boundary=${BOUNDARY}` };
}

/** 16-bit mono PCM: RIFF header, format chunk, then zeros. */
function silentWav(): Buffer {
  const dataBytes = SAMPLES * BYTES_PER_SAMPLE;
  const wav = Buffer.alloc(HEADER_BYTES + dataBytes);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  wav.writeUInt32LE(SAMPLE_RATE_HZ * BYTES_PER_SAMPLE, 28);
  wav.writeUInt16LE(BYTES_PER_SAMPLE, 32);
  wav.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(dataBytes, 40);
  return wav;
}
