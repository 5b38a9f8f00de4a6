// Periods as LiteLLM writes them: `30s`, `5m`, `12h`, `1d`, `2w`, `1mo`. The gateway's clock knows no calendar, so a
// month is 30 days.

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  mo: 30 * 86_400_000,
};

/** Milliseconds, or `undefined` for what is no period. A period of nothing is none. */
export function periodMs(text: string): number | undefined {
  const match = /^(\d+)(mo|[smhdw])$/.exec(text.trim());
  if (match === null) return undefined;
  const ms = Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
  return ms > 0 && Number.isSafeInteger(ms) ? ms : undefined;
}
