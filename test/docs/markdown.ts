// Reads what the tests of the documents need out of Markdown: tables by the heading they stand under, anchors, links.
// Knows the Markdown of this project's documents, not all of it.

export interface MarkdownTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Tables between the heading with this text (without `#`s and code marks) and the next heading, in order. */
export function tablesUnder(markdown: string, heading: string): MarkdownTable[] {
  const lines = withoutCode(markdown).split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && headingText(line) === heading);
  if (start < 0) throw new Error(`no heading "${heading}"`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  return section.flatMap((line, at) => {
    if (!/^\|[-| ]+\|$/.test(line)) return [];
    const end = section.findIndex((row, later) => later > at && !row.startsWith('|'));
    const rows = section.slice(at + 1, end < 0 ? undefined : end).map(cellsOf);
    return [{ head: cellsOf(section[at - 1] ?? ''), rows }];
  });
}

/** The one table under the heading. */
export function tableUnder(markdown: string, heading: string): MarkdownTable {
  const [table, ...others] = tablesUnder(markdown, heading);
  if (table === undefined || others.length > 0) throw new Error(`not exactly one table under "${heading}"`);
  return table;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replaceAll('&lt;', '<').replaceAll('&gt;', '>'));
}

/** The names in code marks of a cell: `` `a`, `b` `` is a and b. */
export function namesIn(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
}

/** Explicit anchors (`<a id="...">`) and those that renderers give to headings. */
export function anchorsOf(markdown: string): string[] {
  const text = withoutCode(markdown);
  const explicit = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? '');
  const headings = text.split('\n').filter((line) => /^#+ /.test(line));
  return [...explicit, ...headings.map((line) => slugOf(headingText(line)))];
}

/** Targets of all links and images, as written. */
export function linksOf(markdown: string): string[] {
  const text = withoutCode(markdown).replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
}

function headingText(line: string): string {
  return line.replace(/^#+ /, '').replaceAll('`', '').trim();
}

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}
