import assert from 'node:assert/strict';
import type { ProbeEvent } from '../../decode/probe-events.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from '../../pipeline.ts';
import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';
import type { JobSummary } from '../../spans/job-summary.ts';
import { registerFaults } from '../../spans/testing/conformance.ts';
import { type FakeKernel, helloEvent } from './fake-kernel.ts';

/** What a pipeline made of a recorded stream. */
export interface Recording {
  readonly spans: FinishedSpan[];
  readonly resources: Attributes[];
  readonly summary: JobSummary;
}

type Options = Partial<PipelineOptions>;

/** Replays what the fake kernel emitted, then ends. */
export function replay(kernel: FakeKernel, options: Options = {}, hello = helloEvent()): Recording {
  const { pipeline, ...recorded } = record(options);
  pipeline.push(hello);
  for (const event of kernel.events) pipeline.push(event);
  return { ...recorded, summary: pipeline.finish(hello.realtimeOffsetNs + kernel.now + 1_000_000n) };
}

/** A pipeline whose spans are kept, and whose every attribute must be in the register. */
export function record(options: Options = {}): { pipeline: Pipeline; spans: FinishedSpan[]; resources: Attributes[] } {
  const spans: FinishedSpan[] = [];
  const resources: Attributes[] = [];
  const pipeline = createPipeline({
    engine: 'auto',
    identity: { kind: 'pod', name: 'runner-1', seed: 'pod-uid' },
    onSpans: (given, resource) => {
      assert.deepEqual(registerFaults(given, [resource]), []);
      spans.push(...given);
      if (!resources.includes(resource)) resources.push(resource);
    },
    ...options,
  });
  return { pipeline, spans, resources };
}

export function pushAll(pipeline: Pipeline, events: readonly ProbeEvent[]): void {
  for (const event of events) pipeline.push(event);
}

/** The tree as indented lines, each a name and what `note` adds. Children are in order of beginning. */
export function drawSpans(spans: readonly FinishedSpan[], note: (span: FinishedSpan) => string = () => ''): string {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const lines: string[] = [];
  const draw = (span: FinishedSpan, indent: string): void => {
    lines.push(`${indent}${span.name}${note(span)}`);
    for (const child of childrenOf(spans, span)) draw(child, `${indent}  `);
  };
  for (const span of byStart(spans.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId))))
    draw(span, '');
  return lines.join('\n');
}

export function childrenOf(spans: readonly FinishedSpan[], parent: FinishedSpan): FinishedSpan[] {
  return byStart(spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId));
}

export function spanNamed(spans: readonly FinishedSpan[], name: string): FinishedSpan {
  const found = spans.filter((span) => span.name === name);
  const [span] = found;
  if (span === undefined || found.length > 1) throw new Error(`${found.length} spans are named ${name}`);
  return span;
}

/** The step that a span hangs under, however deep; `null` for none. */
export function stepOf(spans: readonly FinishedSpan[], span: FinishedSpan): FinishedSpan | null {
  let at: FinishedSpan | undefined = span;
  while (at !== undefined && !('chaperone.step.ordinal' in at.attributes)) {
    const { parentSpanId }: FinishedSpan = at;
    at = spans.find(({ spanId }) => spanId === parentSpanId);
  }
  return at ?? null;
}

/** Executions by name as the spans tell them: spans and what summaries stand for. */
export function executionsOf(spans: readonly FinishedSpan[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, attributes, kind } of spans) {
    const folded = attributes['aggregation.span_count'];
    if (kind === 'client' || !('process.pid' in attributes || folded !== undefined)) continue;
    counts[name] = (counts[name] ?? 0) + (typeof folded === 'number' ? folded : 1);
  }
  return counts;
}

function byStart(spans: FinishedSpan[]): FinishedSpan[] {
  return spans.sort((one, other) => Number(one.start - other.start));
}
