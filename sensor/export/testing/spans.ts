import type { FinishedSpan } from '../../spans/finished-span.ts';

const traceId = '0bd0afbe17036e89e4a05c993dace1da';

/** A process span, numbered; what is given replaces what it has. */
export function spanNumber(index: number, given: Partial<FinishedSpan> = {}): FinishedSpan {
  return {
    traceId,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    parentSpanId: 'c5cd4d50dd7f591c',
    name: `process ${index}`,
    kind: 'internal',
    start: 1_795_000_000_000_000_001n,
    end: 1_795_000_000_500_000_002n,
    attributes: { 'process.executable.name': 'git', 'process.pid': index, 'process.command_args': ['git', 'fetch'] },
    events: [],
    links: [],
    error: null,
    priority: false,
    ...given,
  };
}

/** A step span of the priority lane. */
export function stepNumber(index: number): FinishedSpan {
  return spanNumber(index, { name: `step ${index}`, attributes: { 'chaperone.step.ordinal': index }, priority: true });
}

export function processSpans(count: number): FinishedSpan[] {
  return Array.from({ length: count }, (_, index) => spanNumber(index));
}
