import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from './config.ts';

test('headers for the endpoint are read as OpenTelemetry writes them', () => {
  const { otlpHeaders } = readEnvironment({ OTEL_EXPORTER_OTLP_HEADERS: 'x-scope-orgid=ci,authorization=Basic%20abc' });
  assert.deepEqual(otlpHeaders, { 'x-scope-orgid': 'ci', authorization: 'Basic abc' });
  assert.deepEqual(readEnvironment({}).otlpHeaders, {});
});
