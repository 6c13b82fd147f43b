import { type OtlpTraces, type Span, spansOf } from './trace-tree.ts';
import { until } from './until.ts';

/** Jaeger's query API (v3: OTLP/JSON), on the node's address. */
const api = `${process.env.CHAPERONE_JAEGER ?? 'http://198.18.0.2:16686'}/api/v3`;

/** A trace as Jaeger has it now, or undefined when it has none. */
export async function readTrace(traceId: string): Promise<OtlpTraces | undefined> {
  const response = await fetch(`${api}/traces/${traceId}`);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${await response.text()}`);
  const { result } = (await response.json()) as { result: OtlpTraces };
  return result;
}

/** Waits until the trace holds the job span of the pod, which is sent last; returns the pod's spans. */
export async function awaitJob(traceId: string, podUid: string, seconds = 30): Promise<Span[]> {
  return await until(`the job span of trace ${traceId} in Jaeger`, seconds, async () => {
    const all = spansOf((await readTrace(traceId)) ?? {});
    const spans = all.filter(({ resource }) => resource['k8s.pod.uid'] === podUid);
    return spans.some(isJob) && spans;
  });
}

export function isJob({ attributes }: Span): boolean {
  return 'cicd.pipeline.task.name' in attributes && !('chaperone.step.ordinal' in attributes);
}

/** The spans that a service sent since a time, or none. */
async function findSpans(service: string, since: Date): Promise<Span[]> {
  const query = new URLSearchParams({
    'query.service_name': service,
    'query.start_time_min': since.toISOString(),
    'query.start_time_max': new Date(Date.now() + 60_000).toISOString(),
    'query.num_traces': '1000',
  });
  const response = await fetch(`${api}/traces?${query}`);
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${await response.text()}`);
  const { result } = (await response.json()) as { result: OtlpTraces };
  return spansOf(result);
}

/** The spans of a pod, whatever service they name, since a time. */
export async function spansOfPod(uid: string, since: Date): Promise<Span[]> {
  const response = await fetch(`${api}/services`);
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${await response.text()}`);
  const { services = [] } = (await response.json()) as { services?: string[] };
  const all = await Promise.all(services.map((service) => findSpans(service, since)));
  return all.flat().filter(({ resource }) => resource['k8s.pod.uid'] === uid);
}
