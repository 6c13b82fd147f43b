import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import fastCheck from 'fast-check';
import { toReadableSpan, toResource } from '../export/readable-span.ts';
import { spanNumber } from '../export/testing/spans.ts';
import type { FinishedSpan } from './finished-span.ts';
import { otlpSize } from './otlp-size.ts';

const resource = toResource({ 'service.name': 'service' });

/** What the span adds to a request that holds others, so long that its own length does not change theirs. */
function serializedSize(span: FinishedSpan): number {
  const others = Array.from({ length: 200 }, (_, index) => toReadableSpan(spanNumber(index), resource));
  const bytes = (spans: typeof others) => ProtobufTraceSerializer.serializeRequest(spans)?.length ?? 0;
  return bytes([...others, toReadableSpan(span, resource)]) - bytes(others);
}

const text = fastCheck.string({ unit: 'grapheme', maxLength: 300 });
const value = fastCheck.oneof(
  text,
  fastCheck.boolean(),
  fastCheck.integer({ min: 0 }),
  fastCheck.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number)),
  fastCheck.array(text, { maxLength: 5 }),
);
const attributes = fastCheck.dictionary(fastCheck.stringMatching(/^[a-z.]{1,30}$/), value, { maxKeys: 8 });
const event = fastCheck.record({ name: text, time: fastCheck.constant(1_795_000_000_000_000_001n), attributes });
const span = fastCheck.record({
  name: text,
  attributes,
  events: fastCheck.array(event, { maxLength: 3 }),
  error: fastCheck.option(fastCheck.record({ message: text })),
  parentSpanId: fastCheck.option(fastCheck.constant('c5cd4d50dd7f591c')),
});

test('the size of a span is that of its protobuf, but for the zeros that the serializer writes out', () => {
  fastCheck.assert(
    fastCheck.property(span, (given) => {
      const size = otlpSize(spanNumber(1, given));
      const zeros = serializedSize(spanNumber(1, given)) - size;
      assert.ok(zeros >= 0 && zeros <= 12 + 5 * given.events.length, `${size} and ${zeros} more`);
    }),
    { numRuns: 200 },
  );
});
