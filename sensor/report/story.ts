import { stepOrdinal } from '../../crds/attributes.ts';
import { classOf, type SpanClass } from '../export/span-class.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { spanCount } from './span-count.ts';

/** A job as its spans tell it: its steps in order, below each the processes it started. */
export interface Story {
  readonly job: FinishedSpan;
  /** False when the job's own span is not among the spans (a cut file): `job` is then made from the others. */
  readonly jobRecorded: boolean;
  readonly steps: readonly StepStory[];
  /** Processes and connections that belong to no recorded step. */
  readonly outside: Below;
}

export interface StepStory extends Below {
  readonly span: FinishedSpan;
  /** Steps of a composite action. */
  readonly steps: readonly StepStory[];
}

/** What lies directly below a span. */
export interface Below {
  /** With spans of kinds that this release does not know. */
  readonly processes: readonly ProcessStory[];
  readonly connections: readonly FinishedSpan[];
  /** Connections that somebody else made and it accepted. */
  readonly accepted: readonly FinishedSpan[];
  /** Names that were looked up, where that failed or no connection followed. */
  readonly lookups: readonly FinishedSpan[];
  /** What looks like an attack. */
  readonly findings: readonly FinishedSpan[];
}

export interface ProcessStory extends Below {
  readonly span: FinishedSpan;
  /** How many processes it stands for: 1, or those folded into a summary span. */
  readonly count: number;
}

/** Tells the spans of a run as one story a job, in order of start. Every span is told once, whatever its parents claim. */
export function tell(spans: readonly FinishedSpan[]): Story[] {
  if (spans.length === 0) return [];
  const kin = new Kinship(spans);
  const stories = kin.spans.filter((span) => classOf(span) === 'job').map((job) => kin.storyOf(job, true));
  const lost = kin.orphans();
  if (lost.length === 0) return stories;
  const [first = kin.storyOf(madeUpJob(lost), false), ...others] = stories;
  return [joined(first, kin, lost), ...others];
}

/** Parents and children of one run's spans; each span is handed out once, so a ring of parents comes to an end. */
class Kinship {
  readonly spans: readonly FinishedSpan[];
  readonly #children = new Map<string, FinishedSpan[]>();
  readonly #told = new Set<FinishedSpan>();

  constructor(spans: readonly FinishedSpan[]) {
    this.spans = [...spans].sort(byStart);
    for (const span of this.spans) {
      const siblings = this.#children.get(span.parentSpanId ?? '') ?? [];
      siblings.push(span);
      this.#children.set(span.parentSpanId ?? '', siblings);
    }
  }

  storyOf(job: FinishedSpan, jobRecorded: boolean): Story {
    this.#told.add(job);
    return { job, jobRecorded, steps: this.stepsOf(job.spanId, 1), outside: this.below(job.spanId, 1) };
  }

  stepsOf(spanId: string, depth: number): StepStory[] {
    if (depth > deepest) return [];
    const spans = this.#claim(spanId, (spanClass) => spanClass === 'step');
    return inOrder(spans.map((span) => this.stepOf(span, depth)));
  }

  stepOf(span: FinishedSpan, depth: number): StepStory {
    return { span, steps: this.stepsOf(span.spanId, depth + 1), ...this.below(span.spanId, 1) };
  }

  below(spanId: string, depth: number): Below {
    const claim = (wanted: SpanClass) => this.#claim(spanId, (spanClass) => spanClass === wanted);
    const [connections, accepted, lookups, findings] = [
      claim('connection'),
      claim('accept'),
      claim('dns'),
      claim('finding'),
    ];
    // Deeper than a kernel's process tree is a forgery that would only fill the stack.
    const processes = depth > deepest ? [] : this.#claim(spanId, (spanClass) => !frames.includes(spanClass));
    return {
      connections,
      accepted,
      lookups,
      findings,
      processes: processes.map((span) => this.processOf(span, depth)),
    };
  }

  processOf(span: FinishedSpan, depth: number): ProcessStory {
    return { span, count: spanCount(span), ...this.below(span.spanId, depth + 1) };
  }

  /** What no job led to: first the spans without a recorded parent, then all others, of which the earliest opens its ring. */
  orphans(): FinishedSpan[] {
    const ids = new Set(this.spans.map((span) => span.spanId));
    const untold = this.spans.filter((span) => !this.#told.has(span));
    const isTop = ({ parentSpanId }: FinishedSpan) => parentSpanId === null || !ids.has(parentSpanId);
    return [...untold.filter(isTop), ...untold.filter((span) => !isTop(span))];
  }

  /** Marks a span as told by hand; `false` when it was. */
  claimOne(span: FinishedSpan): boolean {
    if (this.#told.has(span)) return false;
    this.#told.add(span);
    return true;
  }

  #claim(parentId: string, isWanted: (spanClass: SpanClass) => boolean): FinishedSpan[] {
    const spans = this.#children.get(parentId) ?? [];
    return spans.filter((span) => isWanted(classOf(span)) && this.claimOne(span));
  }
}

/** Adds what no job led to beside the story's own steps and processes. */
function joined(story: Story, kin: Kinship, orphans: readonly FinishedSpan[]): Story {
  const steps = [...story.steps];
  const processes = [...story.outside.processes];
  const spans = {
    connections: [...story.outside.connections],
    accepted: [...story.outside.accepted],
    lookups: [...story.outside.lookups],
    findings: [...story.outside.findings],
  };
  const lists: Partial<Record<SpanClass, FinishedSpan[]>> = {
    connection: spans.connections,
    accept: spans.accepted,
    dns: spans.lookups,
    finding: spans.findings,
  };
  for (const span of orphans) {
    if (!kin.claimOne(span)) continue;
    const spanClass = classOf(span);
    if (spanClass === 'step') steps.push(kin.stepOf(span, 1));
    else if (lists[spanClass] !== undefined) lists[spanClass].push(span);
    else processes.push(kin.processOf(span, 1));
  }
  return { ...story, steps: inOrder(steps), outside: { processes, ...spans } };
}

const deepest = 200;
/** What stands above processes. */
const frames: readonly SpanClass[] = ['job', 'step'];

function madeUpJob(orphans: readonly FinishedSpan[]): FinishedSpan {
  const [first] = orphans as [FinishedSpan];
  const latest = [...orphans].sort((a, b) => compare(a.end, b.end)).at(-1) ?? first;
  const spanId = orphans.find((span) => classOf(span) === 'step')?.parentSpanId ?? '';
  return {
    ...first,
    spanId,
    parentSpanId: null,
    name: 'job',
    kind: 'internal',
    end: latest.end,
    attributes: {},
    events: [],
    error: null,
  };
}

function inOrder(steps: readonly StepStory[]): StepStory[] {
  return [...steps].sort((a, b) => ordinal(a) - ordinal(b) || byStart(a.span, b.span));
}

function ordinal({ span }: StepStory): number {
  const value = span.attributes[stepOrdinal];
  return typeof value === 'number' ? value : 0;
}

function byStart(a: FinishedSpan, b: FinishedSpan): number {
  return compare(a.start, b.start);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
