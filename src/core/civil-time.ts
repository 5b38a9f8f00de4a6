// Calendar dates as seconds since 1970, by arithmetic: the core has no `Date`. Only the two forms that HTTP answers use.

const MONTHS: readonly string[] = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HTTP_DATE = /^[A-Za-z]{3}, (\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DAY_SECONDS = 86_400;

/** `Sun, 06 Nov 1994 08:49:37 GMT` in seconds since 1970, or `undefined`. */
export function httpDateSeconds(text: string): number | undefined {
  const match = HTTP_DATE.exec(text.trim());
  if (match === null) return undefined;
  const [, day, monthName, year, hours, minutes, seconds] = match;
  const month = MONTHS.indexOf(String(monthName)) + 1;
  if (month === 0) return undefined;
  return daysSinceEpoch(Number(year), month, Number(day)) * DAY_SECONDS + clock(hours, minutes, seconds);
}

/** `2026-11-21T10:13:31Z` or with an offset, in seconds since 1970 (fractions kept), or `undefined`. */
export function rfc3339Seconds(text: string): number | undefined {
  const match = RFC3339.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds, sign, offsetHours, offsetMinutes] = match;
  const days = daysSinceEpoch(Number(year), Number(month), Number(day));
  const local = days * DAY_SECONDS + clock(hours, minutes, seconds);
  if (sign === undefined) return local;
  const offset = clock(offsetHours, offsetMinutes);
  return sign === '-' ? local + offset : local - offset;
}

function clock(hours: string | undefined, minutes: string | undefined, seconds?: string): number {
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds ?? 0);
}

/** Gregorian calendar; years are counted from March so that a leap day comes last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const days = 365 * shifted + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return days + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1 - 719_468;
}
