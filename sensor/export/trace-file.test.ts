import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { processSpans, spanNumber, stepNumber } from './testing/spans.ts';
import { writeTraceFile } from './trace-file.ts';
import { readTraces } from './trace-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-trace-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const resource = { 'service.name': 'web', 'chaperone.sensor.armed': true };

test('what is written is read back, to the nanosecond', async () => {
  const path = join(folder, 'trace.otlp.json');
  const event = { name: 'chaperone.file.change', time: 1_795_000_000_000_000_007n, attributes: { count: 3 } };
  const link = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: {} };
  const spans = [
    stepNumber(1),
    spanNumber(2, { kind: 'client', error: {}, events: [event], links: [link] }),
    ...processSpans(1200),
  ];
  await writeTraceFile(path, [{ attributes: resource, spans }]);
  const traces = readTraces(readFileSync(path, 'utf8'));
  assert.deepEqual(traces, { resources: [{ attributes: resource, spans }], skipped: { lines: 0, spans: 0 } });
});

test('a trace file has one request a line and leaves no unfinished file beside it', async () => {
  const inner = mkdtempSync(join(folder, 'lines-'));
  await writeTraceFile(join(inner, 'trace.otlp.json'), [{ attributes: resource, spans: processSpans(1001) }]);
  const lines = readFileSync(join(inner, 'trace.otlp.json'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => Object.keys(JSON.parse(line))),
    [['resourceSpans'], ['resourceSpans'], ['resourceSpans']],
  );
  assert.deepEqual(readdirSync(inner), ['trace.otlp.json']);
});

test('a file that cannot be written says so and leaves nothing', async () => {
  await assert.rejects(writeTraceFile(join(folder, 'missing', 'trace.otlp.json'), []), { code: 'ENOENT' });
});

test("Jaeger's answer is read too, without its own remarks", () => {
  const span = {
    traceId: 'A'.repeat(32),
    spanId: '1'.repeat(16),
    name: 'job',
    startTimeUnixNano: '5',
    endTimeUnixNano: '9',
    attributes: ['@jaeger@warnings', 'kept'].map((key) => ({ key, value: { stringValue: 'text' } })),
  };
  const { resources } = readTraces(
    JSON.stringify({ result: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] } }),
  );
  assert.deepEqual(
    resources[0]?.spans.map(({ name, traceId, end, attributes }) => [name, traceId, end, attributes]),
    [['job', 'a'.repeat(32), 9n, { kept: 'text' }]],
  );
});

test('what is not understood is counted and does not hide the rest', async () => {
  const path = join(folder, 'mixed.otlp.json');
  await writeTraceFile(path, [{ attributes: resource, spans: [stepNumber(1)] }]);
  const broken = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0'.repeat(32) }, null, 7] }] }] };
  const text = `not json\n${readFileSync(path, 'utf8')}{"resourceSpans": 5}\n${JSON.stringify(broken)}\n`;
  const traces = readTraces(text);
  assert.deepEqual(traces.skipped, { lines: 2, spans: 3 });
  assert.deepEqual(
    traces.resources.map(({ spans }) => spans.length),
    [1],
  );
});

test('no file makes the reader throw', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), fc.dictionary(fields, tie('any')), fc.array(tie('any'))),
  })).any;
  fc.assert(fc.property(value, (request) => void readTraces(JSON.stringify(request))));
  fc.assert(fc.property(fc.string(), (text) => void readTraces(text)));
});

const fields = fc.constantFrom(
  ...[
    'resourceSpans',
    'scopeSpans',
    'spans',
    'resource',
    'attributes',
    'key',
    'value',
    'stringValue',
    'intValue',
    'arrayValue',
    'values',
  ],
  ...['__proto__', 'traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano', 'events', 'links', 'status', 'result'],
);
