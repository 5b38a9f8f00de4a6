// Tool call deltas as clients need them: every delta has an index, ids and names come once and do not change, parallel
// calls do not share an index. One instance per choice, because the answer depends on the deltas before.

interface KnownCall {
  readonly id: string;
  name: string | undefined;
}

export interface RepairedDelta {
  readonly isChanged: boolean;
  /** The delta begins a call; a later one only adds arguments. */
  readonly isNew: boolean;
}

type Fields = Record<string, unknown>;

export class ToolCallRepair {
  readonly #calls: KnownCall[] = [];
  readonly #indexByUpstream = new Map<number, number>();
  readonly #idSeed: string;

  /** `idSeed` makes ids for calls that the upstream gave none (`call_SEED_0`); unique per answer and choice. */
  constructor(idSeed: string) {
    this.#idSeed = idSeed;
  }

  /** Repairs one entry of `delta.tool_calls` in place. */
  repair(entry: Fields): RepairedDelta {
    const callFunction = isFields(entry['function']) ? entry['function'] : undefined;
    const name = nonEmpty(callFunction?.['name']);
    const index = this.#indexOf(entry, name);
    const isNew = index === this.#calls.length;
    const before = JSON.stringify(entry);
    entry['index'] = index;
    if (isNew) this.#begin(entry, name);
    else this.#continue(entry, index, name);
    if (isFields(entry['function'])) repairArguments(entry['function'], isNew);
    return { isChanged: JSON.stringify(entry) !== before, isNew };
  }

  #indexOf(entry: Fields, name: string | undefined): number {
    const id = nonEmpty(entry['id']);
    const next = this.#calls.length;
    const upstream = entry['index'];
    if (typeof upstream !== 'number') {
      if (id === undefined) return name === undefined ? Math.max(0, next - 1) : next;
      const known = this.#calls.findIndex((call) => call.id === id);
      return known < 0 ? next : known;
    }
    const mapped = this.#indexByUpstream.get(upstream);
    // The same index with another id is another call: some vendors number every parallel call 0.
    const isKnown = mapped !== undefined && (id === undefined || name === undefined || this.#calls[mapped]?.id === id);
    if (isKnown) return mapped;
    this.#indexByUpstream.set(upstream, next);
    return next;
  }

  #begin(entry: Fields, name: string | undefined): void {
    const id = nonEmpty(entry['id']) ?? `call_${this.#idSeed}_${this.#calls.length}`;
    this.#calls.push({ id, name });
    entry['id'] = id;
    entry['type'] = nonEmpty(entry['type']) ?? 'function';
    if (entry['type'] === 'function' && !isFields(entry['function'])) entry['function'] = {};
  }

  /** Repeated ids and names are cut: clients that join deltas would double them. */
  #continue(entry: Fields, index: number, name: string | undefined): void {
    delete entry['id'];
    if (entry['type'] === null || entry['type'] === '') delete entry['type'];
    const known = this.#calls[index];
    const callFunction = entry['function'];
    if (known === undefined || !isFields(callFunction)) return;
    if (name === undefined || name === known.name) delete callFunction['name'];
    known.name ??= name;
  }
}

function repairArguments(callFunction: Fields, isNew: boolean): void {
  const value = callFunction['arguments'];
  if (typeof value === 'string') return;
  if (value === undefined || value === null) {
    if (isNew) callFunction['arguments'] = '';
    else delete callFunction['arguments'];
  } else callFunction['arguments'] = JSON.stringify(value); // arguments as an object: Ollama, TGI
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
