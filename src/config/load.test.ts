import { describe, expect, it } from 'vitest';
import { formatProblem } from './check-report.ts';
import { loadConfig, loadConfigText } from './load.ts';

const entry = (name: string): string =>
  `  - {model_name: ${name}, litellm_params: {model: openai/${name}, api_key: k}}\n`;

function load(files: Record<string, string>, file = 'config.yaml') {
  const config = loadConfig(file, {
    env: {},
    read: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return text;
    },
  });
  return { config, groups: [...config.table.groups.keys()], said: config.problems.map(formatProblem) };
}

describe('a config file', () => {
  it('joins the lists of included files and takes their value for everything else', () => {
    const { config, groups, said } = load({
      'config.yaml': `include: [more.yaml]\nmodel_list:\n${entry('a')}router_settings: {num_retries: 7, timeout: 3}\n`,
      'more.yaml': `model_list:\n${entry('b')}router_settings: {num_retries: 1}\n`,
    });
    expect(said).toEqual([]);
    expect(groups).toEqual(['a', 'b']);
    expect(config.table.settings).toMatchObject({ numRetries: 1, timeoutMs: undefined });
  });

  it('follows nested includes breadth first, relative to the file that names them, each file once', () => {
    const { groups, said } = load(
      {
        'etc/config.yaml': `include: [sub/one.yaml, two.yaml]\nmodel_list:\n${entry('root')}`,
        'etc/sub/one.yaml': `include: [deep.yaml, ../two.yaml]\nmodel_list:\n${entry('one')}`,
        'etc/sub/deep.yaml': `model_list:\n${entry('deep')}`,
        'etc/two.yaml': `model_list:\n${entry('two')}`,
        'etc/sub/../two.yaml': `model_list:\n${entry('two')}`,
      },
      'etc/config.yaml',
    );
    expect(said).toEqual([]);
    expect(groups).toEqual(['root', 'one', 'two', 'deep']);
  });

  it('falls back to the folder of the root config, with a warning, and gives up with an error', () => {
    const { groups, said } = load({
      'config.yaml': `include: [sub/one.yaml]\nmodel_list:\n${entry('root')}`,
      'sub/one.yaml': 'include: [two.yaml, gone.yaml]\n',
      'two.yaml': `model_list:\n${entry('two')}`,
    });
    expect(groups).toEqual(['root', 'two']);
    expect(said).toEqual([
      'sub/one.yaml:1:11: warning: include[0]: "two.yaml" is not beside the file that includes it; the one beside config.yaml is taken',
      'sub/one.yaml:1:21: error: include[1]: the included file "gone.yaml" cannot be read',
    ]);
  });

  it('may include itself without harm', () => {
    expect(load({ 'config.yaml': `include: [config.yaml]\nmodel_list:\n${entry('a')}` })).toMatchObject({
      groups: ['a'],
      said: [],
    });
  });

  it('names the included file in a problem that stands there', () => {
    const { said } = load({
      'config.yaml': `include: [more.yaml]\nmodel_list:\n${entry('a')}`,
      'more.yaml': 'model_list:\n  - model_name: b\n',
    });
    expect(said).toEqual([
      'more.yaml:2:5: error: model_list[1]: litellm_params is missing: it says which model to call, and how',
    ]);
  });

  it('that is not there is one error', () => {
    expect(load({}).said).toEqual(['config.yaml:1:1: error: file: cannot be read: there is no such file']);
  });

  it('may be JSON under a YAML name', () => {
    const text = JSON.stringify({
      model_list: [{ model_name: 'a', litellm_params: { model: 'openai/a', api_key: 'k' } }],
    });
    expect(load({ 'config.yaml': text })).toMatchObject({ groups: ['a'], said: [] });
  });

  it('may be given as text', () => {
    const config = loadConfigText(`model_list:\n${entry('a')}nonsense: 1\n`, { env: {}, name: 'demo' });
    expect(config.file).toBeUndefined();
    expect(config.problems.map((one) => `${one.file}:${one.line}`)).toEqual(['demo:3']);
  });
});
