import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createExporter } from '../export/exporter.ts';
import { classOf, type SpanClass } from '../export/span-class.ts';
import { type Jaeger, startJaeger } from '../export/testing/jaeger.ts';
import type { RecordedTraces } from '../export/trace-reader.ts';
import { FakeKernel } from '../lineage/testing/fake-kernel.ts';
import { replay } from '../lineage/testing/recording.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { registerFaults } from '../spans/testing/conformance.ts';
import { everyKind } from '../spans/testing/every-kind.ts';
import { makeRepository, real, run } from './testing/local-run.ts';

let jaeger: Jaeger;
before(async () => {
  jaeger = await startJaeger();
});
after(() => jaeger.stop());

const act = () => execFileSync(join(import.meta.dirname, '../../scripts/act'), ['--path'], { encoding: 'utf8' }).trim();

const workflow = `
on: push
jobs:
  build:
    name: Build and test
    runs-on: ubuntu-latest
    steps:
      - name: Compile
        run: for i in 1 2 3; do /bin/true; done
      - name: Connect
        run: ${process.execPath} -e "require('net').connect(9, '127.0.0.1').on('error', () => {})"
      - name: Fail
        run: exit 3
`;

/** What docs/spans.md says of names, kinds and parents, by class. */
const forms: Readonly<Record<SpanClass, { name: RegExp; kind: string; parents: readonly (SpanClass | 'none')[] }>> = {
  job: { name: /./, kind: 'internal', parents: ['none'] },
  step: { name: /./, kind: 'internal', parents: ['job', 'step'] },
  process: { name: /^[^/]+$/, kind: 'internal', parents: ['process', 'tool', 'mcp', 'step', 'job'] },
  connection: { name: /^connect \S+/, kind: 'client', parents: ['process', 'step', 'job'] },
  accept: { name: /^accept \S+:\d+$/, kind: 'server', parents: ['process', 'step', 'job'] },
  dns: { name: /^DNS lookup \S+$/, kind: 'internal', parents: ['process', 'step', 'job'] },
  other: { name: /$^/, kind: '', parents: [] },
  agent: { name: /^invoke_agent [a-z-]+$/, kind: 'internal', parents: ['process', 'step', 'job'] },
  tool: { name: /^execute_tool \w+$/, kind: 'internal', parents: ['agent'] },
  mcp: { name: /^mcp_server \S+$/, kind: 'internal', parents: ['agent'] },
  finding: { name: /^finding [a-z-]+$/, kind: 'internal', parents: ['process', 'step', 'job'] },
};

function assertConforms({ resources }: RecordedTraces): void {
  const spans = resources.flatMap((resource) => resource.spans);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  assert.deepEqual(
    registerFaults(
      spans,
      resources.map(({ attributes }) => attributes),
    ),
    [],
  );
  for (const span of spans) {
    const form = forms[classOf(span)];
    const parent = span.parentSpanId === null ? undefined : byId.get(span.parentSpanId);
    assert.match(span.name, form.name);
    assert.equal(span.kind, form.kind);
    assert.ok(
      form.parents.includes(parent === undefined ? 'none' : classOf(parent)),
      `${span.name} has no right parent`,
    );
    assert.equal(span.error !== null, 'error.type' in span.attributes, span.name);
  }
}

const byId = (spans: readonly FinishedSpan[]) => [...spans].sort((a, b) => (a.spanId < b.spanId ? -1 : 1));

test('a real job reads back from Jaeger as it was written down, and as docs/spans.md says', real, async () => {
  const workspace = makeRepository('jaeger', { '.github/workflows/ci.yaml': workflow });
  const args = ['--otlp', jaeger.otlp, '--', act(), 'push', '-P', 'ubuntu-latest=-self-hosted'];
  const { spans, summary } = await run(args, { cwd: workspace });
  assert.equal(summary.coverage.reason, undefined);
  assert.equal(summary.coverage.delivery?.undelivered, 0);
  const read = await jaeger.trace(summary.traceId, spans.length);
  assertConforms(read);
  assert.deepEqual(byId(read.resources.flatMap((resource) => resource.spans)), byId(spans));
  const steps = spans.filter((span) => classOf(span) === 'step').map(({ name }) => name);
  assert.deepEqual(steps, ['Compile', 'Connect', 'Fail']);
});

test('every kind of span reads back from Jaeger as docs/spans.md says', async () => {
  for (const { spans, resources } of everyKind()) {
    const [resource = {}] = resources;
    await send(spans, resource);
    assertConforms(await jaeger.trace(spans[0]?.traceId ?? '', spans.length));
  }
});

test('a job of 50,000 processes opens in Jaeger, whole', async () => {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh');
  for (let index = 0; index < 50_000; index += 1) kernel.run(shell, `/usr/bin/tool-${index % 700}`);
  for (let index = 0; index < 3_000; index += 1) kernel.connect(shell, `192.0.2.${index % 200}`, 1_000 + index);
  kernel.exit(shell);
  const identity = { kind: 'command', name: 'make', seed: 'fifty thousand' } as const;
  const { spans, resources } = replay(kernel, { engine: 'generic', identity });
  await send(spans, resources[0] ?? {});
  const { resources: read } = await jaeger.trace(spans[0]?.traceId ?? '', spans.length);
  assert.deepEqual(byId(read.flatMap((resource) => resource.spans)), byId(spans));
});

async function send(spans: readonly FinishedSpan[], resource: FinishedSpan['attributes']): Promise<void> {
  const exporter = createExporter({ url: `${jaeger.otlp}/v1/traces` });
  exporter.add(spans, resource);
  const { sent } = await exporter.flush({ deadlineMs: 30_000 });
  exporter.close();
  assert.equal(sent, spans.length);
}
