import type { Attributes, AttributeValue, FinishedSpan } from './finished-span.ts';

/**
 * The bytes that a span takes in an OTLP request in protobuf (opentelemetry-proto, trace/v1/trace.proto), its own tag and length included:
 * what back ends count against their limits. Fields are numbered below 16, so that a tag is one byte, but for the flags.
 */
export function otlpSize(span: FinishedSpan): number {
  const ids = field(16) + field(8) + (span.parentSpanId === null ? 0 : field(8));
  const events = span.events.map((event) => field(fixed64 + textField(event.name) + attributesSize(event.attributes)));
  const links = span.links.map((link) => field(field(16) + field(8) + attributesSize(link.attributes) + flags));
  const body =
    ids +
    textField(span.name) +
    smallNumber +
    2 * fixed64 +
    attributesSize(span.attributes) +
    sum(events) +
    sum(links) +
    statusSize(span.error) +
    flags;
  return field(body);
}

/** A tag and a number below 128. */
const smallNumber = 2;
const fixed64 = 9;
/** Their numbers are 16 and 6, and both are four bytes wide. */
const flags = 6;

function statusSize(error: FinishedSpan['error']): number {
  if (error === null) return field(0);
  return field(smallNumber + (error.message === undefined ? 0 : textField(error.message)));
}

/** In an attribute list each entry is a message of key and value. */
function attributesSize(attributes: Attributes): number {
  return sum(Object.entries(attributes).map(([key, value]) => field(textField(key) + field(valueSize(value)))));
}

function valueSize(value: AttributeValue): number {
  if (typeof value === 'string') return field(Buffer.byteLength(value));
  if (typeof value === 'boolean') return smallNumber;
  if (typeof value === 'number') return Number.isInteger(value) ? 1 + varint(value) : fixed64;
  return field(sum(value.map((item) => field(field(Buffer.byteLength(item))))));
}

/** An empty text is left out, being the protocol's default. */
function textField(text: string): number {
  return text === '' ? 0 : field(Buffer.byteLength(text));
}

/** Tag, length and content. */
function field(length: number): number {
  return 1 + varint(length) + length;
}

/** Seven bits a byte; a negative number fills all ten. */
function varint(value: number): number {
  if (value < 0) return 10;
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
