// The shape of the recorded exchanges in records/ (their README says what each field means) and how they are read.
// Everything here is outside data: the types say what the recorder wrote, and nothing else in the suite casts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One piece of a scripted stream: text as it is, or an instruction. */
export type StreamPiece = string | { readonly delay_ms?: number; readonly cut?: boolean; readonly reset?: boolean };

export interface ScriptedAnswer {
  readonly auto?: boolean;
  readonly delay_ms?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Json;
  readonly body?: string;
  readonly stream?: readonly StreamPiece[];
  readonly reset?: boolean;
  readonly close?: boolean;
  readonly hang?: boolean;
}

export type AnswerList =
  | readonly ScriptedAnswer[]
  | { readonly by_model: Readonly<Record<string, readonly ScriptedAnswer[]>> };
export type UpstreamScript = Readonly<Record<string, AnswerList>>;

export interface GoldenRequest {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Json;
  readonly raw?: string;
  readonly wait_ms?: number;
  readonly repeat?: number;
  readonly each?: boolean;
  readonly parallel?: number;
  readonly abort_after_ms?: number;
  readonly timeout_s?: number;
  readonly settle_ms?: number;
  readonly upstream_script?: UpstreamScript;
}

/** What one upstream received. `at_ms` counts from the start of the request and is rough. */
export interface UpstreamAttempt {
  readonly at_ms?: number;
  readonly to: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface StreamEvent {
  readonly data: Json;
  readonly event?: string;
  readonly other?: readonly string[];
}

/** One answer as the client saw it. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly body_text?: string;
  readonly events?: readonly StreamEvent[];
  readonly stream_end?: string;
  readonly elapsed_ms?: number;
  readonly upstream_attempts?: number;
  readonly upstream?: readonly UpstreamAttempt[];
  /** Only in replays: the request did not come to an answer, and why. */
  readonly problem?: string;
}

/** Counts over many requests that ran together. */
export interface AnswerSummary {
  readonly summary: {
    readonly status: Readonly<Record<string, number>>;
    readonly by_model_id: Readonly<Record<string, number>>;
    readonly upstream_by_port: Readonly<Record<string, number>>;
    readonly first_failure?: ClientAnswer;
  };
}

/** Every answer of requests that ran together. */
export interface ParallelAnswers {
  readonly parallel: readonly ClientAnswer[];
  readonly upstream?: readonly UpstreamAttempt[];
}

export type Observed = ClientAnswer | AnswerSummary | ParallelAnswers;
type RecordedEntry = Observed | { readonly same_as_previous: true };

export interface GoldenGroup {
  readonly config: string | null;
  readonly args?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string | null>>;
  readonly without_prisma_package?: boolean;
}

export interface GoldenCase {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly upstream_script?: UpstreamScript;
  readonly config_reduced?: string;
  readonly requests: readonly GoldenRequest[];
  readonly observed: {
    readonly startup: { readonly started: boolean; readonly exit_code?: number; readonly log?: readonly string[] };
    readonly responses: readonly RecordedEntry[];
  };
}

/** What one run of a case gave, recorded or replayed. */
export interface Observation {
  readonly started: boolean;
  /** Why it did not start, or the end of the gateway's output. Only in replays. */
  readonly note?: string;
  /** The gateway ended while the case ran, and how. Only in replays. */
  readonly crash?: string;
  readonly responses: readonly Observed[];
}

/** A group with its cases in the order in which they were recorded. */
export interface CaseGroup {
  readonly name: string;
  readonly setup: GoldenGroup;
  readonly cases: readonly GoldenCase[];
}

interface GoldenFile {
  readonly groups: Readonly<Record<string, GoldenGroup>>;
  readonly cases: readonly GoldenCase[];
}

const RECORDS = join(import.meta.dirname, 'records');

/** All recorded groups, in the order of their files. */
export function loadGroups(folder = RECORDS): CaseGroup[] {
  const groups: CaseGroup[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()) {
    const content = JSON.parse(readFileSync(join(folder, file), 'utf8')) as GoldenFile;
    for (const [name, setup] of Object.entries(content.groups)) {
      groups.push({ name, setup, cases: content.cases.filter((golden) => golden.group === name) });
    }
  }
  return groups;
}

/** The recorded run of a case with every `same_as_previous` written out. */
export function recordedObservation(golden: GoldenCase): Observation {
  const responses: Observed[] = [];
  for (const entry of golden.observed.responses) {
    const previous = responses.at(-1);
    if (!('same_as_previous' in entry)) responses.push(entry);
    else if (previous !== undefined) responses.push(previous);
  }
  return { started: golden.observed.startup.started, responses };
}
