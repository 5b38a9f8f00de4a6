// docs/metrics.md against what a gateway really serves: every metric of ours with its kind and its help text.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';
import { namesIn, tableUnder } from './markdown.ts';

const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

it('the list of metrics is the one that a scrape shows', async () => {
  const gateway = await startGateway('model_list: []');
  const scrape = await (await fetch(`${gateway.url}/metrics`)).text();
  await gateway.drain();
  const kinds = new Map([...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const served = [...scrape.matchAll(/^# HELP ((?:litellm|loadstone)_\S+) (.+)$/gm)].map(([, name, help]) => {
    return [name, kinds.get(name), help];
  });
  const { rows } = tableUnder(text, 'All of them');
  expect(rows.map(([name, kind, help]) => [namesIn(name)[0], kind, help])).toEqual(served);
});
