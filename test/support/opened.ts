// Gateways and providers of an end-to-end test, closed when the test is over.
import { afterEach } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const parts: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.close()));
});

/** Closed after the test, whatever comes of it. */
export function opened<Part extends { close(): Promise<unknown> }>(part: Part): Part {
  parts.push(part);
  return part;
}

/** A gateway over these entries of `model_list`. */
export async function openGateway(entries: readonly string[], settings = '{num_retries: 0}'): Promise<TestGateway> {
  const started = await startGateway(['model_list:', ...entries, `router_settings: ${settings}`].join('\n'));
  opened({ close: () => started.drain() });
  return started;
}

export async function openProvider(): Promise<FakeProvider> {
  return opened(await startFakeProvider());
}
