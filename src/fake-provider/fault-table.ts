// Faults as tests, the command line and the control endpoint hand them in (one fault, a list, or words), checked and
// brought into one form.
import { z } from 'zod';
import { faultSchema } from './fault.ts';
import type { Fault, FaultInput, FaultTable } from './fault.ts';
import { parseFaultWords } from './fault-words.ts';

/** By model name, `*` for every model. An empty list, an empty text or `null` takes the faults of a model away. */
export type FaultTableInput = Readonly<Record<string, FaultInput | readonly FaultInput[] | string | null>>;

export interface FaultProblem {
  readonly problem: string;
}

function readFaults(value: unknown): readonly Fault[] | FaultProblem {
  if (value === null) return [];
  if (typeof value === 'string') {
    const faults = parseFaultWords(value);
    return 'unknownWord' in faults ? { problem: `unknown fault word "${faults.unknownWord}"` } : faults;
  }
  const parsed = z.array(faultSchema).safeParse(Array.isArray(value) ? value : [value]);
  return parsed.success ? parsed.data : { problem: z.prettifyError(parsed.error) };
}

/** Reads a table, or says what is wrong with it. */
export function readFaultTable(input: unknown): FaultTable | FaultProblem {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { problem: 'expected an object: {"<model or *>": fault, list of faults, or words}' };
  }
  const table: Record<string, readonly Fault[]> = {};
  for (const [model, value] of Object.entries(input)) {
    const faults = readFaults(value);
    if ('problem' in faults) return { problem: `${model}: ${faults.problem}` };
    table[model] = faults;
  }
  return table;
}

/** True when reading failed. */
export function isFaultProblem(result: FaultTable | FaultProblem): result is FaultProblem {
  return typeof result['problem'] === 'string';
}
