import { later } from '../lineage/time.ts';
import type { Attributes, AttributeValue, FinishedSpan } from '../spans/finished-span.ts';

/** The scope every span of ours carries; its schema names the semantic conventions of `spans/`. */
export const instrumentationScope = { name: 'chaperone', version: '0.1.0' } as const;
const schemaUrl = 'https://opentelemetry.io/schemas/1.44.0';

/** OTLP's numbers of span kinds. */
const kinds = { internal: 1, server: 2, client: 3 } as const;

/** Spans of one resource, each as {@link encodeSpan} wrote it. */
export interface EncodedSpans {
  /** As {@link encodeResource} wrote it. */
  readonly resource: string;
  readonly spans: readonly string[];
}

/** The OTLP/JSON text of a resource. */
export function encodeResource(attributes: Attributes): string {
  return JSON.stringify({ attributes: keyValues(attributes) });
}

/**
 * The OTLP/JSON text of a span, from here on never changed: what a retry sends is byte for byte the same. Fields with the protocol's default
 * are left out. The SDK's clamp is applied here, since our spans do not pass through the SDK: a span never ends before it starts.
 */
export function encodeSpan(span: FinishedSpan): string {
  const { start, error } = span;
  return JSON.stringify({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? undefined,
    flags: contextFlags,
    name: span.name.toWellFormed(),
    kind: kinds[span.kind],
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(later(start, span.end)),
    attributes: keyValues(span.attributes),
    events: unlessEmpty(span.events.map(encodeEvent)),
    links: unlessEmpty(span.links.map(encodeLink)),
    status: error === null ? {} : { code: 2, message: error.message?.toWellFormed() },
  });
}

/** An `ExportTraceServiceRequest`. */
export function encodeRequest(parts: readonly EncodedSpans[]): string {
  const scope = JSON.stringify(instrumentationScope);
  const encoded = parts.map(
    ({ resource, spans }) =>
      `{"resource":${resource},"scopeSpans":[{"scope":${scope},"spans":[${spans.join(',')}],"schemaUrl":"${schemaUrl}"}]}`,
  );
  return `{"resourceSpans":[${encoded.join(',')}]}`;
}

/** W3C trace flags (sampled), and that it is known whether the parent is remote: it is not. */
const contextFlags = 0x101;

function encodeEvent({ name, time, attributes }: FinishedSpan['events'][number]): object {
  return { timeUnixNano: String(time), name: name.toWellFormed(), attributes: keyValues(attributes) };
}

function encodeLink({ traceId, spanId, attributes }: FinishedSpan['links'][number]): object {
  return { traceId, spanId, flags: contextFlags, attributes: keyValues(attributes) };
}

function unlessEmpty<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}

/** JSON knows neither NaN nor lone surrogates; back ends refuse the whole batch for one of them, so they are mended here. */
function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes)
    .filter(([, value]) => typeof value !== 'number' || Number.isFinite(value))
    .map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  if (typeof value === 'string') return { stringValue: value.toWellFormed() };
  return { arrayValue: { values: value.map((item) => ({ stringValue: String(item).toWellFormed() })) } };
}
