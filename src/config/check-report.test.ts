import { describe, expect, it } from 'vitest';
import { checkReport, formatCheckReport, formatProblem, hasErrors } from './check-report.ts';
import { loadConfig } from './load.ts';

const TEXT = `model_list:
  - model_name: m
    litellm_params:
      model: openai/x
      api_base: http://a.example/v1
      api_key: k
      rpm: 6
      weight: 2
    model_info: {id: one}
  - model_name: m
    litellm_params:
      model: azure/<your-deployment>
      weight: 1
router_settings:
  num_retries: 1
  enable_pre_call_check: true
  cache_responses: true
  model_group_alias: {short: m}
`;
const config = (text = TEXT) => loadConfig('c.yaml', { env: {}, read: () => text });

describe('the check report', () => {
  it('shows keys, groups, aliases and problems for people', () => {
    const report = formatCheckReport(config());
    expect(report).toMatch(/ 7 +model_list\[0\]\.litellm_params\.rpm +honoured\n/);
    expect(report).toMatch(/17 +router_settings\.cache_responses +not supported +answers are not cached/);
    expect(report).toMatch(/16 +router_settings\.enable_pre_call_check +unknown/);
    expect(report).toMatch(
      /group +deployment +provider +model +rpm +tpm +weight +state\n +m +one +openai +x +6 +2 +in rotation\n/,
    );
    expect(report).toMatch(/m +[0-9a-f]{16}… +azure +<your-deployment> +1 +model: still a placeholder/);
    expect(report).toMatch(/short +m\n/);
    expect(report).toContain('c.yaml:16:3: warning: router_settings.enable_pre_call_check: unknown key');
    expect(report.endsWith('c.yaml: 0 errors, 3 warnings\n')).toBe(true);
  });

  it('has a verdict for every key that stands in the file', () => {
    const { keys } = checkReport(config());
    for (const key of [
      'model_list',
      'model_list[0].model_name',
      'model_list[0].litellm_params',
      'model_list[0].litellm_params.weight',
      'model_list[0].model_info.id',
      'router_settings.num_retries',
      'router_settings.model_group_alias',
    ]) {
      expect(keys.map((one) => one.where)).toContain(key);
    }
    expect(keys.map((one) => one.line)).toEqual(keys.map((one) => one.line).toSorted((a, b) => a - b));
    expect(keys.every((one) => one.verdict === 'honoured' || one.note !== undefined)).toBe(true);
  });

  it('is plain data for machines, with whole ids and nulls', () => {
    const report = checkReport(config());
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      file: 'c.yaml',
      ok: true,
      errors: 0,
      warnings: 3,
      aliases: [{ name: 'short', target: 'm', hidden: false }],
    });
    expect(report.deployments[0]).toEqual({
      group: 'm',
      id: 'one',
      provider: 'openai',
      model: 'x',
      rpm: 6,
      tpm: null,
      weight: 2,
      state: 'in rotation',
    });
    expect(report.deployments[1]?.id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('shows routing groups by their models', () => {
    const groups =
      '{group_name: g, models: [m], routing_strategy: least-busy}, {group_name: p, models: [m], routing_strategy: priority, model_priorities: {m: 1}}';
    const grouped = config(
      `model_list: [{model_name: m, litellm_params: {model: openai/x, api_key: k}}]\nrouter_settings: {routing_groups: [${groups}]}\n`,
    );
    expect(checkReport(grouped).routingGroups).toEqual([
      { name: 'g', strategy: 'least-busy', models: ['m'] },
      { name: 'p', strategy: 'priority', models: ['m'] },
    ]);
    expect(formatCheckReport(grouped)).toContain('  g     least-busy  m\n  p     priority    m\n');
  });

  it('counts errors, on which the process exits with 2', () => {
    const broken = config('model_list: 5\n');
    expect(hasErrors(broken)).toBe(true);
    expect(broken.problems.map(formatProblem)).toEqual([
      'c.yaml:1:13: error: model_list: must be a list, but this is a number',
    ]);
    expect(formatCheckReport(broken)).toContain('c.yaml: 1 error, 0 warnings');
  });
});
