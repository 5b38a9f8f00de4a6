// The control endpoint: faults on and off while the server runs, what it received, and a clean slate.
//   GET  /_control/faults      the faults in force
//   POST /_control/faults      {"<model or *>": fault, list, words, or null}; other models keep theirs
//   GET  /_control/requests    ?model=NAME&limit=N, keys masked
//   POST /_control/reset       everything as it was at the start
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultTable } from './fault.ts';
import { isFaultProblem, readFaultTable } from './fault-table.ts';
import { receiveBody } from './received-body.ts';
import { shownRequest } from './received-request.ts';
import type { ReceivedRequest } from './received-request.ts';
import { requestLineOf } from './understand-call.ts';

/** What the control endpoint works on. */
export interface Controlled {
  readonly faults: FaultTable;
  readonly requests: readonly ReceivedRequest[];
  readonly totalRequests: number;
  changeFaults(table: FaultTable): void;
  reset(): void;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}

function listing(controlled: Controlled, query: URLSearchParams): unknown {
  const model = query.get('model');
  const limit = Number(query.get('limit') ?? 100);
  const matching = controlled.requests.filter((request) => model === null || request.model === model);
  const newest = limit > 0 ? matching.slice(-limit) : [];
  return { total: controlled.totalRequests, matching: matching.length, requests: newest.map(shownRequest) };
}

/** Answers a request below `/_control/`. */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  controlled: Controlled,
): Promise<void> {
  const { method, path, query } = requestLineOf(request);
  const asked = `${method} ${path}`;
  const body = await receiveBody(request);
  if (body === undefined) return;
  if (asked === 'GET /_control/faults') return send(response, 200, controlled.faults);
  if (asked === 'GET /_control/requests') return send(response, 200, listing(controlled, new URLSearchParams(query)));
  if (asked === 'POST /_control/reset') {
    controlled.reset();
    return send(response, 200, controlled.faults);
  }
  if (asked !== 'POST /_control/faults') return send(response, 404, { error: `no such control: ${asked}` });
  const table = readFaultTable(body.isUnreadable ? undefined : body.fields);
  if (isFaultProblem(table)) return send(response, 400, { error: table.problem });
  controlled.changeFaults(table);
  return send(response, 200, controlled.faults);
}
