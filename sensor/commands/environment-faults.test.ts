import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from './config.ts';
import { environmentFaults } from './environment-faults.ts';

const faultsOf = (env: NodeJS.ProcessEnv, otlp: string | null = null) => environmentFaults(readEnvironment(env), otlp);

test('a TRACEPARENT that is none is said, with the form that is taken', () => {
  for (const wrong of ['junk', '00-1-2-3', `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`])
    assert.match(
      faultsOf({ TRACEPARENT: wrong }).join(),
      /^TRACEPARENT is ignored, .*00-<32 .*>-<16 .*>-<2 .*>/,
      wrong,
    );
  assert.deepEqual(faultsOf({ TRACEPARENT: '' }), []);
  assert.deepEqual(faultsOf({ TRACEPARENT: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }), []);
});

test('headers that are none are said where they are wanted, and never told', () => {
  const wrong = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer a,hunter2' };
  assert.match(
    faultsOf(wrong, 'http://localhost').join(),
    /^OTEL_EXPORTER_OTLP_HEADERS is not wholly of the form name=value/,
  );
  assert.doesNotMatch(faultsOf(wrong, 'http://localhost').join(), /hunter2|Bearer/);
  assert.deepEqual(faultsOf(wrong), []);
  for (const right of ['a=b', 'a=b, c=d%20e ,', 'Authorization=Basic YQ==', ''])
    assert.deepEqual(faultsOf({ OTEL_EXPORTER_OTLP_HEADERS: right }, 'http://localhost'), [], right);
});
