import fc from 'fast-check';
import { expect, it } from 'vitest';
import { httpDateSeconds, rfc3339Seconds } from './civil-time.ts';

const dates = fc.date({
  min: new Date('1970-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

it('dates mean the same seconds as everywhere else', () => {
  fc.assert(
    fc.property(dates, (date) => {
      const seconds = Math.floor(date.getTime() / 1_000);
      expect(httpDateSeconds(date.toUTCString())).toBe(seconds);
      expect(rfc3339Seconds(date.toISOString())).toBeCloseTo(date.getTime() / 1_000, 3);
    }),
  );
});

it('what is not a date is not read', () => {
  for (const text of ['', '3', 'Sat, 21 Foo 2026 10:00:00 GMT', '2026-11-21', 'tomorrow']) {
    expect([httpDateSeconds(text), rfc3339Seconds(text)]).toEqual([undefined, undefined]);
  }
});
