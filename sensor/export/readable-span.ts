import { type HrTime, type Link, SpanKind, type SpanStatus, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';

/** The scope every span of ours carries; its schema names the semantic conventions of `spans/`. */
export const instrumentationScope = {
  name: 'chaperone',
  version: '0.1.0',
  schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
} as const;

const kinds = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT, server: SpanKind.SERVER } as const;

/** One resource object a job: the OTLP transformer groups spans by the object, not by its content. */
export function toResource(attributes: Attributes): Resource {
  return resourceFromAttributes(cleanAttributes(attributes));
}

/**
 * The shape the OpenTelemetry exporter takes, with everything copied: later changes to `span` cannot change what a retry sends.
 * The SDK's clamp is applied here, since plain objects do not pass through the SDK: a span never ends before it starts.
 */
export function toReadableSpan(span: FinishedSpan, resource: Resource): ReadableSpan {
  const duration = span.end > span.start ? span.end - span.start : 0n;
  return {
    name: span.name.toWellFormed(),
    kind: kinds[span.kind],
    spanContext: () => spanContext(span.traceId, span.spanId),
    ...(span.parentSpanId === null ? {} : { parentSpanContext: spanContext(span.traceId, span.parentSpanId) }),
    startTime: toHrTime(span.start),
    endTime: toHrTime(span.start + duration),
    duration: toHrTime(duration),
    ended: true,
    status: toStatus(span.error),
    attributes: cleanAttributes(span.attributes),
    links: span.links.map(toLink),
    events: span.events.map((event) => ({
      name: event.name.toWellFormed(),
      time: toHrTime(event.time),
      attributes: cleanAttributes(event.attributes),
      droppedAttributesCount: 0,
    })),
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function spanContext(traceId: string, spanId: string) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function toLink(link: FinishedSpan['links'][number]): Link {
  return { context: spanContext(link.traceId, link.spanId), attributes: cleanAttributes(link.attributes) };
}

function toStatus(error: FinishedSpan['error']): SpanStatus {
  if (error === null) return { code: SpanStatusCode.UNSET };
  if (error.message === undefined) return { code: SpanStatusCode.ERROR };
  return { code: SpanStatusCode.ERROR, message: error.message.toWellFormed() };
}

function toHrTime(nanos: bigint): HrTime {
  return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
}

/** JSON knows neither NaN nor lone surrogates; back ends refuse the whole batch for one of them, so they are mended here. */
function cleanAttributes(attributes: Attributes): Attributes {
  const clean: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'number' && !Number.isFinite(value)) continue;
    if (typeof value === 'string') clean[key] = value.toWellFormed();
    else if (Array.isArray(value)) clean[key] = value.map((item) => String(item).toWellFormed());
    else clean[key] = value;
  }
  return clean;
}
