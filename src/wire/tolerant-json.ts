// The two liberties that people take with JSON and that the documents' own curl line takes: trailing commas and
// comments. They become spaces, so every other byte keeps its place and an error found later has the right position.

/** The text with trailing commas and `//` and block comments outside strings blanked; the same length. */
export function blankLiberties(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const [from, to] of liberties(text)) {
    // Line ends stay, so that line numbers do.
    pieces.push(text.slice(copied, from), text.slice(from, to).replace(/[^\n]/g, ' '));
    copied = to;
  }
  return pieces.join('') + text.slice(copied);
}

/** Ranges to blank, in order. */
function liberties(text: string): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let comma: { readonly at: number; readonly rank: number } | undefined;
  let last: string | undefined;
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    const end = endOfPiece(text, at);
    if (char === '/' && end > at + 1) ranges.push([at, end]);
    else if (char === ',') {
      // A comma that follows nothing is an error, not a liberty.
      comma = last === undefined || ',[{'.includes(last) ? undefined : { at, rank: ranges.length };
      last = char;
    } else if (!isSpace(char)) {
      if (comma !== undefined && (char === '}' || char === ']')) ranges.splice(comma.rank, 0, [comma.at, comma.at + 1]);
      comma = undefined;
      last = char;
    }
    at = end;
  }
  return ranges;
}

/** After the string, the comment or the single character that begins at `at`. */
function endOfPiece(text: string, at: number): number {
  const char = text[at];
  if (char === '"') return afterString(text, at);
  const next = char === '/' ? text[at + 1] : undefined;
  return next === '/' || next === '*' ? afterComment(text, at) : at + 1;
}

function afterString(text: string, quote: number): number {
  let at = quote + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

/** A block comment that is not closed reaches to the end. */
function afterComment(text: string, slash: number): number {
  const isLine = text[slash + 1] === '/';
  const end = isLine ? text.indexOf('\n', slash) : text.indexOf('*/', slash + 2);
  if (end < 0) return text.length;
  return isLine ? end : end + 2;
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t';
}
