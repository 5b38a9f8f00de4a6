// The counted numbers of client requests as metric families, made at scrape time only.
import { NO_USER } from './caller-labels.ts';
import { labelText, type Exposition } from './exposition.ts';
import type { Histogram } from './histogram.ts';
import type { LatencySeries, RequestSeries } from './request-metrics.ts';

export interface CountedRequests {
  /** By number of the requested model's label. */
  readonly byModel: readonly (RequestSeries | undefined)[];
  /** By name of the upstream model. */
  readonly latencies: ReadonlyMap<string, LatencySeries>;
  /** Label values of requested models by number. */
  readonly models: readonly string[];
}

export function writeRequests(out: Exposition, { byModel, latencies, models }: CountedRequests): void {
  out.family(
    'counter',
    'litellm_proxy_total_requests_metric',
    'Requests of clients, by status (499: the client left).',
  );
  for (const [number, series] of byModel.entries()) {
    for (const [at, status] of series?.statuses.entries() ?? []) {
      const labels = { ...NO_USER, requested_model: models[number] ?? '', status_code: String(status) };
      out.sample(labelText(labels), series?.counts[at] ?? 0);
    }
  }
  out.family('counter', 'litellm_proxy_failed_requests_metric', 'Requests that ended in an error for the client.');
  for (const [number, series] of byModel.entries()) {
    const sums = series?.failures.by(({ status, exceptionClass }) =>
      labelText({
        ...NO_USER,
        requested_model: models[number] ?? '',
        exception_status: String(status),
        exception_class: exceptionClass,
      }),
    );
    for (const [labels, count] of sums ?? []) out.sample(labels, count);
  }
  for (const { name, help, of } of LATENCIES) {
    out.family('histogram', name, help);
    for (const [model, series] of latencies) out.histogram(labelText({ ...NO_USER, model }), of(series));
  }
}

/** Of `silent_model`; 503 with no attempt is one that was dropped because too many were under way. */
export function writeMirrors(
  out: Exposition,
  byModel: readonly (RequestSeries | undefined)[],
  models: readonly string[],
): void {
  out.family('counter', 'loadstone_mirrored_requests', 'Copies of requests for other groups, by status.');
  for (const [number, series] of byModel.entries()) {
    for (const [at, status] of series?.statuses.entries() ?? []) {
      const labels = labelText({ requested_model: models[number] ?? '', status_code: String(status) });
      out.sample(labels, series?.counts[at] ?? 0);
    }
  }
}

const LATENCIES: ReadonlyArray<{ name: string; help: string; of: (series: LatencySeries) => Histogram }> = [
  {
    name: 'litellm_request_total_latency_metric',
    help: 'Seconds from the request to the end of its answer.',
    of: ({ total }) => total,
  },
  {
    name: 'litellm_llm_api_latency_metric',
    help: 'Seconds spent in upstream calls, all attempts together.',
    of: ({ upstream }) => upstream,
  },
  {
    name: 'litellm_overhead_latency_metric',
    help: 'Seconds that the gateway itself took.',
    of: ({ overhead }) => overhead,
  },
  {
    name: 'litellm_llm_api_time_to_first_token_metric',
    help: 'Seconds to the first content of a stream.',
    of: ({ firstContent }) => firstContent,
  },
  {
    name: 'litellm_request_queue_time_seconds',
    help: 'Seconds spent waiting for a free unit of a limit.',
    of: ({ queued }) => queued,
  },
];
