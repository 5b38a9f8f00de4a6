import { describe, expect, it } from 'vitest';
import { prettyLine } from './pretty-line.ts';

describe('a log line on a terminal', () => {
  it('is the message and its fields on one line, the id last', () => {
    const line = {
      level: 30,
      time: '2026-11-21T11:02:34.338Z',
      id: 'c1',
      model: 'gpt-4',
      status: 200,
      ms: 22.9,
      msg: 'request',
    };
    expect(prettyLine(line)).toBe('request model=gpt-4 status=200 ms=22.9 id=c1');
  });

  it('quotes what would break the line or be misread', () => {
    expect(prettyLine({ msg: 'attempt failed', message: 'no "key"\nset one', model: 'a=b', url: '' })).toBe(
      'attempt failed message="no \\"key\\"\\nset one" model="a=b" url=""',
    );
  });

  it('leaves out what has no value', () => {
    expect(prettyLine({ msg: 'x', deployment: undefined, attempts: 0 })).toBe('x attempts=0');
  });
});
