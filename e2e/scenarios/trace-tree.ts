import { createHash } from 'node:crypto';

/** An attribute value of OTLP/JSON, made plain: numbers as numbers, lists as arrays. */
export type Value = string | number | boolean | Value[];

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** Unix nanoseconds. */
  start: bigint;
  end: bigint;
  attributes: Record<string, Value>;
  resource: Record<string, Value>;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
  events: { name: string; attributes: Record<string, Value> }[];
}

interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
interface OtlpValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
  arrayValue?: { values?: OtlpValue[] };
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: OtlpAttribute[];
  status?: { code?: number };
  events?: { name: string; attributes?: OtlpAttribute[] }[];
}
export interface OtlpTraces {
  resourceSpans?: { resource?: { attributes?: OtlpAttribute[] }; scopeSpans?: { spans?: OtlpSpan[] }[] }[];
}

/** The spans of an `ExportTraceServiceRequest` or of a back end's answer in the same shape. */
export function spansOf(traces: OtlpTraces): Span[] {
  return (traces.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const attributes = plainAttributes(resource?.attributes);
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => plainSpan(span, attributes)));
  });
}

function plainSpan(span: OtlpSpan, resource: Record<string, Value>): Span {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: plainAttributes(span.attributes),
    resource,
    status: span.status?.code ?? 0,
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      attributes: plainAttributes(event.attributes),
    })),
  };
}

function plainAttributes(attributes: OtlpAttribute[] = []): Record<string, Value> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: OtlpValue): Value {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? '';
}

/** The job span: the one without a parent among these spans. Fails unless there is exactly one. */
export function jobOf(spans: Span[]): Span {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  const [job] = roots;
  if (job === undefined || roots.length > 1)
    throw new Error(`${roots.length} spans have no parent in the trace: ${roots.map(({ name }) => name).join(', ')}`);
  return job;
}

export function childrenOf(spans: Span[], parent: Span): Span[] {
  return spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).sort((a, b) => Number(a.start - b.start));
}

/** The steps below a span, in their order: the children that have a step's ordinal. */
export function stepsOf(spans: Span[], parent: Span): Span[] {
  return childrenOf(spans, parent).filter(({ attributes }) => 'chaperone.step.ordinal' in attributes);
}

/** The job's step of this name. Fails, and draws the trace, where there is none. */
export function stepNamed(spans: Span[], name: string): Span {
  const step = stepsOf(spans, jobOf(spans)).find((span) => span.name === name);
  if (step === undefined) throw new Error(`no step '${name}' in\n${drawTree(spans)}`);
  return step;
}

/** Every span below one, however deep. */
export function below(spans: Span[], root: Span): Span[] {
  return childrenOf(spans, root).flatMap((child) => [child, ...below(spans, child)]);
}

/** Names of what lies below a span. */
export function namesBelow(spans: Span[], root: Span): string[] {
  return below(spans, root).map(({ name }) => name);
}

/** The tree as indented names, for the message of a failed assertion. */
export function drawTree(spans: Span[], root = jobOf(spans), indent = ''): string {
  return [
    `${indent}${root.name}`,
    ...childrenOf(spans, root).map((child) => drawTree(spans, child, `${indent}  `)),
  ].join('\n');
}

/** The id formulas of the trace's design, written a second time so that the tests do not believe the product: `H` is lowercase hex of SHA-256. */
const H = (text: string) => createHash('sha256').update(text).digest('hex');
export const traceIdOf = (runId: string, runAttempt: string) => H(`${runId}${runAttempt}t`).slice(0, 32);
export const jobIdOf = (runId: string, runAttempt: string, runnerName: string) =>
  H(`${runId}${runAttempt}${runnerName}-j`).slice(16, 32);
export const stepIdOf = (jobId: string, ordinal: number) => H(`${jobId}-${ordinal}-s`).slice(16, 32);
