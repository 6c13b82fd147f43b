import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { instrumentationScope, toReadableSpan, toResource } from './readable-span.ts';

/** Spans of one resource, each as {@link encodeSpan} wrote it. */
export interface EncodedSpans {
  /** As {@link encodeResource} wrote it. */
  readonly resource: string;
  readonly spans: readonly string[];
}

/** The OTLP/JSON text of a resource. */
export function encodeResource(attributes: Attributes): string {
  return JSON.stringify(transform(toReadableSpan(emptySpan, toResource(attributes))).resource);
}

/** The OTLP/JSON text of a span, from here on never changed: what a retry sends is byte for byte the same. */
export function encodeSpan(span: FinishedSpan): string {
  return JSON.stringify(transform(toReadableSpan(span, noResource)).scopeSpans[0].spans[0]);
}

/** An `ExportTraceServiceRequest`. */
export function encodeRequest(parts: readonly EncodedSpans[]): string {
  const { name, version, schemaUrl } = instrumentationScope;
  const scope = JSON.stringify({ name, version });
  const encoded = parts.map(
    ({ resource, spans }) =>
      `{"resource":${resource},"scopeSpans":[{"scope":${scope},"spans":[${spans.join(',')}],"schemaUrl":"${schemaUrl}"}]}`,
  );
  return `{"resourceSpans":[${encoded.join(',')}]}`;
}

/** A resource is written only with a span of it. */
const emptySpan: FinishedSpan = {
  traceId: '',
  spanId: '',
  parentSpanId: null,
  name: '',
  kind: 'internal',
  start: 0n,
  end: 0n,
  attributes: {},
  events: [],
  links: [],
  error: null,
  priority: false,
};
const noResource = toResource({});
const decoder = new TextDecoder();

/** What a request of one span holds of interest here. */
interface ResourceSpans {
  readonly resource: unknown;
  readonly scopeSpans: readonly [{ readonly spans: readonly [unknown] }];
}

/** OpenTelemetry's transformer writes whole requests; each of ours is of one span, and taken apart: spans are kept and sent piece by piece. */
function transform(span: ReadableSpan): ResourceSpans {
  const request = JsonTraceSerializer.serializeRequest([span]);
  return JSON.parse(decoder.decode(request)).resourceSpans[0];
}
