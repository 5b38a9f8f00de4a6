// The page a person sees at `/`: what is served, as one table a group, from the same description as `/openapi.json`.
// Plain HTML without scripts or anything from another host, so that it works in a closed network.
import type { ApiDescription } from './openapi.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h2 { margin-top: 2rem; text-transform: capitalize; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #8884; padding: .3rem .8rem .3rem 0; vertical-align: top; }
code { font: 14px ui-monospace, monospace; overflow-wrap: anywhere; }
.method { font-weight: 600; width: 5rem; }
.key { color: #8889; }
`;

/** Groups in reading order. */
const TAGS = ['inference', 'models', 'health', 'gateway', 'management'];

/** A whole HTML document. */
export function docsPage(api: ApiDescription): string {
  const sections = TAGS.map((tag) => section(tag, rowsOf(api, tag))).join('');
  const { title, version } = api.info;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)} ${escapeHtml(version)}</h1>
<p>${escapeHtml(api.info['description'])} Machine-readable: <a href="/openapi.json">/openapi.json</a>.</p>
<p>Routes marked “key” want <code>Authorization: Bearer &lt;key&gt;</code> where a master key is configured.</p>
${sections}</body></html>
`;
}

function section(tag: string, rows: readonly string[]): string {
  return rows.length === 0 ? '' : `<h2>${escapeHtml(tag)}</h2><table>${rows.join('')}</table>\n`;
}

function rowsOf(api: ApiDescription, tag: string): string[] {
  return Object.entries(api.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { tags }]) => Array.isArray(tags) && tags.includes(tag))
      .map(([method, { summary, security }]) => {
        const key = security === undefined ? '' : 'key';
        const cells = [
          `<td class="method">${escapeHtml(method.toUpperCase())}</td><td><code>${escapeHtml(path)}</code></td>`,
          `<td>${escapeHtml(summary)}</td><td class="key">${key}</td>`,
        ];
        return `<tr>${cells.join('')}</tr>`;
      }),
  );
}

function escapeHtml(value: unknown): string {
  return String(value).replaceAll(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
