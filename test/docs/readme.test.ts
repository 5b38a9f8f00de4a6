// What the README shows must work as it stands: its config loads without a complaint once its keys are set, its files
// exist (links.test.ts), and its commands are scripts and verbs that there are.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { loadConfigText } from '../../src/config/load.ts';

const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, block]) => block ?? '',
  );
}

it('its config loads without a complaint', () => {
  const [config = '', ...others] = blocks('yaml');
  expect(others).toEqual([]);
  const env = Object.fromEntries([...config.matchAll(/os\.environ\/(\w+)/g)].map(([, name]) => [name, 'x']));
  expect(loadConfigText(config, { env }).problems).toEqual([]);
});

it('its commands exist', () => {
  const lines = blocks('sh').flatMap((block) => block.split('\n'));
  const scripts = lines.flatMap((line) => [...line.matchAll(/npm (?:run )?(start|test|bench|run \w+)/g)]);
  expect(scripts.map(([, name]) => name).filter((name) => manifest.scripts[name ?? ''] === undefined)).toEqual([]);
  const commands = lines.flatMap((line) => /^bin\/loadstone ([^#]*)/.exec(line)?.[1] ?? []);
  const kinds = commands.map((command) => parseArguments(command.trim().split(/\s+/), {}).kind);
  expect(kinds.length).toBeGreaterThan(1);
  expect(kinds).not.toContain('mistake');
});
