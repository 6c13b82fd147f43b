import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import type { AttributeValue, FinishedSpan } from '../spans/finished-span.ts';
import { encodeRequest, encodeResource, encodeSpan } from './otlp-json.ts';
import { toReadableSpan, toResource } from './readable-span.ts';
import { spanNumber } from './testing/spans.ts';

const text = fc.string({ unit: 'binary' });
const value: fc.Arbitrary<AttributeValue> = fc.oneof(text, fc.boolean(), fc.integer(), fc.double(), fc.array(text));
const key = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
const attributes = fc.dictionary(key, value, { maxKeys: 5 });
const nanos = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const anySpan: fc.Arbitrary<FinishedSpan> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.option(hex(16)),
    name: text,
    kind: fc.constantFrom('internal' as const, 'client' as const, 'server' as const),
    start: nanos,
    end: nanos,
    attributes,
    events: fc.array(fc.record({ name: text, time: nanos, attributes }), { maxLength: 3 }),
    links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16), attributes }), { maxLength: 2 }),
    error: fc.option(fc.oneof(fc.constant({}), fc.record({ message: text }))),
  })
  .map((parts) => spanNumber(0, parts));

test('pieces put together are the request that the OpenTelemetry transformer makes', () => {
  fc.assert(
    fc.property(attributes, fc.array(anySpan, { minLength: 1, maxLength: 3 }), (resource, spans) => {
      const ours = encodeRequest([{ resource: encodeResource(resource), spans: spans.map(encodeSpan) }]);
      const known = toResource(resource);
      const theirs = JsonTraceSerializer.serializeRequest(spans.map((span) => toReadableSpan(span, known)));
      assert.deepEqual(JSON.parse(ours), JSON.parse(new TextDecoder().decode(theirs)));
    }),
  );
});
