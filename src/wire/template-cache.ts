// The few event templates of one stream: text, reasoning and tool arguments each have one. Gives up learning on streams
// whose events never repeat, so that they pay for parsing only.
import { EventTemplate } from './event-template.ts';

const MAX_TEMPLATES = 4;
/** Learning stops when this many more events were learned than matched. */
const PATIENCE = 16;

export class TemplateCache {
  #templates: EventTemplate[] = [];
  #last: EventTemplate | undefined;
  #credit = PATIENCE;

  /** The template that fits an event beginning at `at`, with its end in `end`; the latest hit is tried first. */
  find(text: string, at: number): EventTemplate | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    this.end = last.match(text, at);
    if (this.end >= 0) return this.#hit(last);
    for (const template of this.#templates) {
      if (template === last) continue;
      this.end = template.match(text, at);
      if (this.end >= 0) return this.#hit(template);
    }
    return undefined;
  }

  /** End of the event that `find` found. */
  end = -1;

  /** See `EventTemplate.learn`. Only for events whose output depends on nothing but their own text. */
  learn(input: string, output: string, key: string): void {
    if (this.#credit <= 0) return;
    this.#credit -= 1;
    const learned = EventTemplate.learn(input, output, key);
    if (learned === undefined) return;
    const at = this.#templates.findIndex((template) => template.hasHeadOf(learned));
    if (at >= 0) {
      const old = this.#templates[at];
      if (old !== undefined) learned.vary(old);
      this.#templates[at] = learned;
    } else {
      if (this.#templates.length === MAX_TEMPLATES) this.#templates.shift();
      this.#templates.push(learned);
    }
    this.#last = learned;
  }

  /** Something that outputs depend on has changed. */
  clear(): void {
    this.#templates = [];
    this.#last = undefined;
  }

  #hit(template: EventTemplate): EventTemplate {
    this.#credit = PATIENCE;
    this.#last = template;
    return template;
  }
}
