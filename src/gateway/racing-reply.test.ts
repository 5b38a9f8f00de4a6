import { expect, test } from 'vitest';
import { CollectedReply } from './collected-reply.ts';
import { RacingReply, type Race } from './racing-reply.ts';

class Client extends CollectedReply {
  isDestroyed = false;
  ended = 0;

  override end(bytes?: string | Uint8Array): void {
    this.ended += 1;
    super.end(bytes);
  }

  override destroy(): void {
    this.isDestroyed = true;
  }
}

function race(): { client: Client; first: RacingReply; second: RacingReply; wins: () => number } {
  const client = new Client();
  let wins = 0;
  const shared: Race = { client, winner: undefined, won: () => (wins += 1) };
  return { client, first: new RacingReply(shared), second: new RacingReply(shared), wins: () => wins };
}

test('the first success goes to the client, byte for byte, with a header that says so', () => {
  const { client, first, second, wins } = race();
  second.writeHead(200, ['x-litellm-model-id', 'b']);
  expect(wins()).toBe(1);
  second.write('gr\u00fc', 'latin1');
  second.write(Buffer.from('ß'));
  second.end('ü');
  first.writeHead(200, ['x-litellm-model-id', 'a']);
  first.end('too late');
  expect(client.headers).toEqual(['x-litellm-model-id', 'b', 'x-litellm-fastest_response_batch_completion', 'true']);
  expect(client.body()).toEqual(Buffer.concat([Buffer.from('gr\u00fc', 'latin1'), Buffer.from('ßü')]));
  expect([client.ended, wins()]).toEqual([1, 1]);
});

test('a failure is kept and does not win', () => {
  const { client, first, second } = race();
  first.writeHead(429, ['retry-after', '1']);
  first.end('{"error":{}}');
  expect(client.status).toBe(0);
  expect([first.status, first.body().toString()]).toEqual([429, '{"error":{}}']);
  second.writeHead(200, []);
  second.end();
  expect([client.status, client.ended]).toEqual([200, 1]);
});

test('only the winner can break the connection off', () => {
  const { client, first, second } = race();
  first.writeHead(500, []);
  first.destroy();
  expect([client.isDestroyed, first.status]).toEqual([false, 0]);
  second.writeHead(200, []);
  second.destroy();
  expect(client.isDestroyed).toBe(true);
});
