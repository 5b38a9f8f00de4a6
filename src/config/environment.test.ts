import { describe, expect, it } from 'vitest';
import { toPlain } from './config-node.ts';
import { extendEnvironment, resolveReferences } from './environment.ts';
import { Findings } from './findings.ts';
import { parseYaml } from './parse-yaml.ts';

function resolve(text: string, env: Record<string, string>) {
  const findings = new Findings();
  const root = parseYaml(text, 'f', findings);
  if (root?.kind !== 'map') throw new Error('the test needs a map');
  const whole = extendEnvironment(root, env);
  return { whole, plain: toPlain(resolveReferences(root, whole, findings)), problems: findings.problems() };
}

describe('references to the environment', () => {
  it('are resolved at any depth, in maps inside lists, but not as items of a list', () => {
    const { plain, problems } = resolve(
      'a: os.environ/X\nb: {c: {d: os.environ/X}}\ne: [{f: os.environ/X}, os.environ/X]\n',
      { X: 'v' },
    );
    expect(plain).toEqual({ a: 'v', b: { c: { d: 'v' } }, e: [{ f: 'v' }, 'os.environ/X'] });
    expect(problems).toMatchObject([{ severity: 'warning', where: 'e[1]', line: 3 }]);
  });

  it('become null with a warning when the variable is not set, and stay empty text when it is set to nothing', () => {
    const { plain, problems } = resolve('a: os.environ/GONE\nb: os.environ/EMPTY\n', { EMPTY: '' });
    expect(plain).toEqual({ a: null, b: '' });
    expect(problems).toMatchObject([{ severity: 'warning', where: 'a', line: 1, column: 4 }]);
    expect(problems[0]?.what).toContain('GONE');
  });

  it('turn the words true and false into booleans and leave numbers as text', () => {
    expect(resolve('a: os.environ/T\nb: os.environ/N\n', { T: 'True', N: '6' }).plain).toEqual({ a: true, b: '6' });
  });

  it('see the variables of environment_variables, which beat those of the process and may refer to them', () => {
    const text =
      'environment_variables: {X: mine, Y: os.environ/OLD, Z: 5}\na: os.environ/X\nb: os.environ/Y\nc: os.environ/Z\n';
    const { plain, whole } = resolve(text, { X: 'theirs', OLD: 'old' });
    expect(plain).toMatchObject({ a: 'mine', b: 'old', c: '5' });
    expect(whole).toMatchObject({ X: 'mine', Y: 'old', Z: '5', OLD: 'old' });
  });

  it('are whole values: a reference inside a longer text stays as it is', () => {
    expect(resolve('a: https://os.environ/X\n', { X: 'v' })).toMatchObject({
      plain: { a: 'https://os.environ/X' },
      problems: [],
    });
  });
});
