// Which model names may become label values. A client chooses the name it asks for, and every new label value costs
// memory for ever: names of the config always count, names behind a wildcard up to a bound, the rest is one word.
import type { RoutingTable } from '../core/routing-table.ts';

/** Names behind wildcards that get series of their own; later ones count under their pattern. */
export const MAX_WILDCARD_NAMES = 1000;
/** What no deployment could ever serve. */
export const OTHER_MODEL = 'other';

/** Numbers the label values, so that series lie in arrays. */
export class ModelLabels {
  /** Label values by number. */
  readonly names: string[] = [];
  #wildcards: RoutingTable['wildcards'] = [];
  readonly #numbers = new Map<string, number>();
  #wildcardNames = 0;
  #lastName = '';
  #lastNumber = this.#number('');

  /** Names of a config that comes into force get label values; those of earlier ones keep theirs. */
  admit(table: RoutingTable): void {
    this.#wildcards = table.wildcards;
    this.#lastName = '';
    this.#lastNumber = this.#number('');
    for (const known of [table.groups, table.routingGroups, table.aliases, table.byId, table.byLitellmModel]) {
      for (const name of known.keys()) this.#number(name);
    }
    this.#number(OTHER_MODEL);
  }

  /** The number of the label value that stands for this name. */
  of(name: string): number {
    // Requests for one model come in rows.
    if (name === this.#lastName) return this.#lastNumber;
    this.#lastNumber = this.#numbers.get(name) ?? this.#find(name);
    this.#lastName = name;
    return this.#lastNumber;
  }

  /** The number of a label value that another thread has given. */
  admitName(name: string): number {
    return this.#number(name);
  }

  #find(name: string): number {
    const wildcard = this.#wildcards.find(({ regex }) => regex.test(name));
    if (wildcard === undefined) return this.#number(OTHER_MODEL);
    if (this.#wildcardNames >= MAX_WILDCARD_NAMES) return this.#number(wildcard.pattern);
    this.#wildcardNames += 1;
    return this.#number(name);
  }

  #number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.names.push(name);
    this.#numbers.set(name, number);
    return number;
  }
}
