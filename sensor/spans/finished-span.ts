/** Attribute values as OTLP knows them; absent values are left out, never `null`. */
export type AttributeValue = string | number | boolean | string[];
export type Attributes = Record<string, AttributeValue>;

/** Unix time in nanoseconds. */
export type UnixNanos = bigint;

export type SpanKind = 'internal' | 'client' | 'server';

export interface SpanEvent {
  name: string;
  time: UnixNanos;
  attributes: Attributes;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attributes;
}

/**
 * A span whose content is fixed: it is made once, and what is sent again after a failure is byte for byte the same.
 * Ids are lowercase hex (32 and 16 digits), never all zero.
 */
export interface FinishedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: SpanKind;
  start: UnixNanos;
  end: UnixNanos;
  attributes: Attributes;
  events: SpanEvent[];
  links: SpanLink[];
  /** `null` is Unset: success stays unset, and only a failure carries a status (semantic conventions, recording errors). */
  error: { message?: string } | null;
  /** The lane that is never shed: job and step. */
  priority: boolean;
}
