// PyYAML does not care how the lines of a flow collection (`[...]`, `{...}`) or of a quoted text are indented; the
// parser used here demands that they stand deeper than their key. This moves such lines to the right. It runs only on
// text that did not parse, so its reading of YAML may be rough: what it cannot mend is refused as before.

/** The text with flow lines indented, and how many characters each line (from 0) got in front. */
export interface IndentedText {
  readonly text: string;
  readonly added: readonly number[];
}

interface ScanState {
  /** Open brackets. */
  depth: number;
  quote: '"' | "'" | undefined;
  /** Where the outermost bracket or quote stands in its line. */
  column: number;
  /** Indentation of the line whose block text (`|`, `>`) is being skipped. */
  blockText: number | undefined;
}

export function indentFlowLines(text: string): IndentedText {
  const state: ScanState = { depth: 0, quote: undefined, column: 0, blockText: undefined };
  const added: number[] = [];
  const lines = text.split('\n').map((line) => {
    const isBlank = line.trim() === '';
    if (state.blockText !== undefined && (isBlank || indentOf(line) > state.blockText)) {
      added.push(0);
      return line;
    }
    state.blockText = undefined;
    const isInside = state.depth > 0 || state.quote !== undefined;
    const padding = isInside && !isBlank && indentOf(line) <= state.column ? state.column + 1 : 0;
    added.push(padding);
    scanLine(line, state);
    return ' '.repeat(padding) + line;
  });
  return { text: lines.join('\n'), added };
}

/** Follows brackets, quotes, comments and block texts through one line. */
function scanLine(line: string, state: ScanState): void {
  for (let index = 0; index < line.length; index++) {
    if (state.quote !== undefined) {
      index = scanQuoted(line, index, state);
      continue;
    }
    const character = line[index] ?? '';
    if (character === '#' && /^$|\s$/.test(line.slice(0, index))) return;
    if (state.depth > 0) scanFlow(line, index, state);
    else if (startsValue(line, index) && scanBlock(line, index, state)) return;
  }
}

/** Returns the index of the last character taken. */
function scanQuoted(line: string, index: number, state: ScanState): number {
  const character = line[index];
  if (state.quote === '"' && character === '\\') return index + 1;
  if (character !== state.quote) return index;
  if (character === "'" && line[index + 1] === "'") return index + 1;
  state.quote = undefined;
  return index;
}

function scanFlow(line: string, index: number, state: ScanState): void {
  const character = line[index];
  if (character === '[' || character === '{') state.depth += 1;
  else if (character === ']' || character === '}') state.depth -= 1;
  else if ((character === '"' || character === "'") && /(?:^|[\s[{,:])$/.test(line.slice(0, index))) {
    state.quote = character;
  }
}

/** Whether the rest of the line is a block text's header. */
function scanBlock(line: string, index: number, state: ScanState): boolean {
  const character = line[index];
  if (character === '|' || character === '>') {
    state.blockText = indentOf(line);
    return true;
  }
  if (character === '[' || character === '{') state.depth = 1;
  else if (character === '"' || character === "'") state.quote = character;
  state.column = index;
  return false;
}

/** At the start of a line, or after a key, a dash, an anchor or a tag. */
function startsValue(line: string, index: number): boolean {
  return /^\s*$|[:?-]\s+$|\s[&!]\S*\s+$/.test(line.slice(0, index));
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
