import type { Attributes, AttributeValue, FinishedSpan, SpanKind } from '../spans/finished-span.ts';
import { spanPriority } from './span-class.ts';

/** What a trace file holds. `skipped` counts lines that are not OTLP/JSON and spans without usable ids or times. */
export interface RecordedTraces {
  readonly resources: readonly RecordedResource[];
  readonly skipped: { lines: number; spans: number };
}

/** The spans that one resource (a job) sent. */
export interface RecordedResource {
  readonly attributes: Attributes;
  readonly spans: readonly FinishedSpan[];
}

type Json = Record<string, unknown>;

/** A span tells a job's story; more of them than this are not one, and would only fill the memory. */
const mostSpans = 200_000;
const mostAttributes = 256;
const mostEvents = 256;

/**
 * Reads OTLP/JSON: one `ExportTraceServiceRequest` a line, one for the whole file, or Jaeger's answer to `/api/v3/traces/…`.
 * The text is anybody's: nothing in it makes this throw, and what is not understood is counted.
 */
export function readTraces(text: string): RecordedTraces {
  const reader = new Reader();
  const whole = parse(text);
  if (whole !== null) reader.readRequest(whole);
  else for (const line of text.split('\n')) reader.readLine(line);
  return { resources: reader.resources(), skipped: reader.skipped };
}

class Reader {
  readonly skipped = { lines: 0, spans: 0 };
  /** By the text of the resource: the lines of a file repeat it. */
  readonly #byResource = new Map<string, { attributes: Attributes; spans: FinishedSpan[] }>();
  #spans = 0;

  resources(): RecordedResource[] {
    return [...this.#byResource.values()].filter(({ spans }) => spans.length > 0);
  }

  readLine(line: string): void {
    if (line.trim() === '') return;
    const request = parse(line);
    if (request === null) this.skipped.lines += 1;
    else this.readRequest(request);
  }

  readRequest(request: Json): void {
    const body = asObject(request.result) ?? request;
    const resourceSpans = asList(body.resourceSpans);
    if (resourceSpans.length === 0) this.skipped.lines += 1;
    for (const entry of resourceSpans) this.#readResourceSpans(asObject(entry) ?? {});
  }

  #readResourceSpans(entry: Json): void {
    const attributes = readAttributes(asObject(entry.resource)?.attributes);
    const key = JSON.stringify(attributes);
    const group = this.#byResource.get(key) ?? { attributes, spans: [] };
    this.#byResource.set(key, group);
    for (const scope of asList(entry.scopeSpans)) {
      for (const span of asList(asObject(scope)?.spans)) this.#readSpan(asObject(span), group.spans);
    }
  }

  #readSpan(raw: Json | null, into: FinishedSpan[]): void {
    const span = raw === null || this.#spans >= mostSpans ? null : readSpan(raw);
    if (span === null) {
      this.skipped.spans += 1;
      return;
    }
    this.#spans += 1;
    into.push(span);
  }
}

/** By OTLP's number and name. */
const kinds = new Map<unknown, SpanKind>([
  [2, 'server'],
  ['SPAN_KIND_SERVER', 'server'],
  [3, 'client'],
  ['SPAN_KIND_CLIENT', 'client'],
]);

function readSpan(raw: Json): FinishedSpan | null {
  const traceId = readId(raw.traceId, 32);
  const spanId = readId(raw.spanId, 16);
  const start = readNanos(raw.startTimeUnixNano);
  const end = readNanos(raw.endTimeUnixNano);
  if (traceId === null || spanId === null || start === null || end === null) return null;
  const span = {
    traceId,
    spanId,
    parentSpanId: readId(raw.parentSpanId, 16),
    name: asText(raw.name),
    kind: kinds.get(raw.kind) ?? 'internal',
    start,
    end,
    attributes: readAttributes(raw.attributes),
    events: asList(raw.events).slice(0, mostEvents).flatMap(readEvent),
    links: asList(raw.links).slice(0, mostEvents).flatMap(readLink),
    error: readStatus(asObject(raw.status)),
  };
  return { ...span, priority: spanPriority(span) };
}

function readEvent(value: unknown): FinishedSpan['events'] {
  const raw = asObject(value) ?? {};
  const time = readNanos(raw.timeUnixNano);
  return time === null ? [] : [{ name: asText(raw.name), time, attributes: readAttributes(raw.attributes) }];
}

function readLink(value: unknown): FinishedSpan['links'] {
  const raw = asObject(value) ?? {};
  const traceId = readId(raw.traceId, 32);
  const spanId = readId(raw.spanId, 16);
  return traceId === null || spanId === null ? [] : [{ traceId, spanId, attributes: readAttributes(raw.attributes) }];
}

function readStatus(raw: Json | null): FinishedSpan['error'] {
  if (raw?.code !== 2 && raw?.code !== 'STATUS_CODE_ERROR') return null;
  return typeof raw.message === 'string' && raw.message !== '' ? { message: raw.message } : {};
}

/** What Jaeger says of a trace, such as of times outside of the parent's, stands among the attributes. */
const remarksOfJaeger = '@jaeger@';

function readAttributes(value: unknown): Attributes {
  const attributes: Attributes = Object.create(null);
  for (const entry of asList(value).slice(0, mostAttributes)) {
    const { key, value: anyValue } = asObject(entry) ?? {};
    if (typeof key !== 'string' || key.startsWith(remarksOfJaeger)) continue;
    const read = readValue(asObject(anyValue));
    if (read !== null) attributes[key] = read;
  }
  return { ...attributes };
}

/** OTLP `AnyValue`; int64 stands as a number or as a decimal string, a list keeps its texts. */
function readValue(value: Json | null): AttributeValue | null {
  if (value === null) return null;
  if (typeof value.stringValue === 'string') return value.stringValue;
  if (typeof value.boolValue === 'boolean') return value.boolValue;
  const number = readNumber(value.intValue ?? value.doubleValue);
  if (number !== null) return number;
  const list = asObject(value.arrayValue);
  if (list === null) return null;
  return asList(list.values)
    .flatMap((item) => readValue(asObject(item)) ?? [])
    .map(String);
}

function readNumber(value: unknown): number | null {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^-?\d{1,19}$/.test(value))) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function readId(value: unknown, digits: number): string | null {
  if (typeof value !== 'string' || value.length !== digits) return null;
  const id = value.toLowerCase();
  return /^[0-9a-f]+$/.test(id) && /[1-9a-f]/.test(id) ? id : null;
}

function readNanos(value: unknown): bigint | null {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
}

function parse(text: string): Json | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
