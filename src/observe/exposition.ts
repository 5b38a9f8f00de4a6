// Prometheus's text format, written straight from numbers when somebody scrapes. Separate from what is counted, so that
// names, escaping and bucket rules stand in one place.
import type { Histogram } from './histogram.ts';

/** The content type of this format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type LabelPairs = Readonly<Record<string, string>>;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };
const NEEDS_ESCAPE = /[\\"\n]/;

/** `a="1",b="2"`, escaped, in the order given. */
export function labelText(pairs: LabelPairs): string {
  let text = '';
  for (const name in pairs) {
    const value = pairs[name] ?? '';
    text += `${text === '' ? '' : ','}${name}="${NEEDS_ESCAPE.test(value) ? escaped(value) : value}"`;
  }
  return text;
}

function escaped(value: string): string {
  return value.replaceAll(/[\\"\n]/g, (char) => ESCAPES[char] ?? char);
}

export class Exposition {
  readonly #lines: string[] = [];
  #name = '';

  /** Opens a family; the samples that follow belong to it. Counters get their `_total` here, as LiteLLM's do. */
  family(kind: 'counter' | 'gauge' | 'histogram', name: string, help: string): void {
    this.#name = kind === 'counter' ? `${name}_total` : name;
    this.#lines.push(`# HELP ${this.#name} ${help}`, `# TYPE ${this.#name} ${kind}`);
  }

  /** One value; `labels` is the text of `labelText`, which may be empty. */
  sample(labels: string, value: number): void {
    this.#lines.push(line(this.#name, labels, value));
  }

  /** All lines of one histogram; nothing when nothing was observed. */
  histogram(labels: string, { bounds, counts, sum }: Histogram): void {
    const total = counts.reduce((all, count) => all + count, 0);
    if (total === 0) return;
    const bucket = `${this.#name}_bucket{${labels === '' ? '' : `${labels},`}le="`;
    let below = 0;
    for (let at = 0; at < bounds.length; at += 1) {
      below += counts[at] ?? 0;
      this.#lines.push(`${bucket}${bounds[at]}"} ${below}`);
    }
    this.#lines.push(`${bucket}+Inf"} ${total}`);
    this.#lines.push(line(`${this.#name}_sum`, labels, sum), line(`${this.#name}_count`, labels, total));
  }

  /** Everything so far; ends with a line feed. */
  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function line(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`;
}
