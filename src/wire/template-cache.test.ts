import { describe, expect, it } from 'vitest';
import { TemplateCache } from './template-cache.ts';

const event = (text: string, counter: number): string => `{"content":"${text}","i":${counter}}`;

describe('TemplateCache', () => {
  it('knows events with a counter from the third on', () => {
    const cache = new TemplateCache();
    cache.learn(event('a', 1), event('a', 1), 'content');
    expect(cache.find(event('b', 2), 0)).toBeUndefined();
    cache.learn(event('b', 2), event('b', 2), 'content');
    const text = `${event('c', 33)} and more`;
    const found = cache.find(text, 0);
    expect(found?.output(found.slot)).toBe(event('c', 33));
    expect(cache.end).toBe(event('c', 33).length);
  });

  it('knows several shapes side by side, and none after a turning point', () => {
    const cache = new TemplateCache();
    const reasoning = '{"reasoning":"x"}';
    cache.learn(reasoning, reasoning, 'reasoning');
    cache.learn(event('a', 1), event('a', 1), 'content');
    expect(cache.find(reasoning, 0)).toBeDefined();
    expect(cache.find(event('z', 1), 0)).toBeDefined();
    cache.clear();
    expect(cache.find(reasoning, 0)).toBeUndefined();
  });

  it('gives up on a stream whose events never repeat', () => {
    const cache = new TemplateCache();
    for (let at = 0; at < 100; at += 1) {
      const text = `{"n${at}":0,"content":"x"}`;
      expect(cache.find(text, 0)).toBeUndefined();
      cache.learn(text, text, 'content');
    }
    expect(cache.find('{"n99":0,"content":"x"}', 0)).toBeUndefined();
  });
});
