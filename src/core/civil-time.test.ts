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

it('an offset is taken off, spaces around are not a part, and nothing else may stand around', () => {
  const noon = Date.UTC(2026, 10, 21, 12) / 1_000;
  expect(rfc3339Seconds(' 2026-11-21T12:00:00Z ')).toBe(noon);
  expect(rfc3339Seconds('2026-11-21 14:30:00.25+02:30')).toBe(noon + 0.25);
  expect(rfc3339Seconds('2026-11-21t09:30:00-02:30')).toBe(noon);
  expect(httpDateSeconds(' Sat, 21 Nov 2026 12:00:00 GMT ')).toBe(noon);
  for (const text of ['x2026-11-21T12:00:00Z', '2026-11-21T12:00:00Zx', '2026-11-21T12:00:00']) {
    expect(rfc3339Seconds(text)).toBeUndefined();
  }
  for (const text of ['xSat, 21 Nov 2026 12:00:00 GMT', 'Sat, 21 Nov 2026 12:00:00 GMTx']) {
    expect(httpDateSeconds(text)).toBeUndefined();
  }
});
