import type { FinishedSpan } from '../spans/finished-span.ts';
import { type AgentNotes, agentNotes } from './agents/agent-notes.ts';
import { type Extent, extent } from './bar.ts';
import { commandLine } from './command-line.ts';
import { findingLines } from './findings.ts';
import { type Notable, pickNotable, stepProcess } from './notable.ts';
import { processNotes, stepNotes } from './notes.ts';
import type { Note, Tone } from './paint.ts';
import type { Below, StepStory, Story } from './story.ts';
import { byMost, resultOf } from './summary.ts';
import { type Tally, tallyBelow } from './tally.ts';
import { visible } from './text.ts';
import { duration, grouped } from './units.ts';

/** One line of the waterfall, its texts safe to show. */
export interface Row {
  /** The lines of the tree before the label. */
  readonly tree: string;
  /** Of the job 0. */
  readonly depth: number;
  /** What the line is about; of a remark the span that it stands below. */
  readonly span: FinishedSpan;
  readonly label: string;
  readonly labelTone: Tone;
  /** `null` for a remark, which runs over all columns. */
  readonly bar: (Extent & { readonly tone: Tone }) | null;
  readonly duration: string;
  readonly notes: readonly Note[];
}

type Node = Omit<Row, 'tree' | 'depth'> & { readonly children: readonly Node[] };

interface Scale {
  readonly start: bigint;
  readonly end: bigint;
  /** Lines of processes that a step may have. */
  readonly processLines: number;
  readonly agents: AgentNotes;
}

/** The lines of one job, the job itself first: `workflow / job`. */
export function rowsOf(story: Story, pipeline?: string): Row[] {
  const scale = scaleOf(story);
  const children = [...story.steps.map((step) => stepNode(step, scale)), ...outsideNodes(story, scale)];
  const label = visible(pipeline === undefined ? story.job.name : `${pipeline} / ${story.job.name}`);
  return flatten({ ...spanNode(story.job, scale, 'job'), label, labelTone: 'strong', notes: [], children });
}

/** A screenful for small jobs; large ones get fewer lines a step. */
function scaleOf(story: Story): Scale {
  const { job, steps } = story;
  return {
    start: job.start,
    end: job.end,
    processLines: Math.max(2, Math.min(8, Math.floor(36 / Math.max(steps.length, 1)))),
    agents: agentNotes(story),
  };
}

function stepNode(step: StepStory, scale: Scale): Node {
  const shell = stepProcess(step);
  const shown: Below =
    shell === null
      ? step
      : {
          ...shell,
          connections: [...step.connections, ...shell.connections],
          lookups: [...step.lookups, ...shell.lookups],
        };
  const nested = step.steps.map((inner) => ({ start: inner.span.start, node: stepNode(inner, scale) }));
  const notable = pickNotable(shown, step.span, nested.length > 0 ? 2 : scale.processLines);
  const own = notable.map((one) => ({ start: one.process.span.start, node: processNode(one, scale) }));
  const inOrder = [...nested, ...own].sort((a, b) => (a.start < b.start ? -1 : Number(a.start > b.start)));
  return {
    ...spanNode(step.span, scale, toneOf(step.span)),
    labelTone: 'plain',
    notes: stepNotes(step, shown),
    children: [
      ...inOrder.map(({ node }) => node),
      ...restNodes(step.span, tallyBelow(shown), notable),
      ...findingNodes(step),
    ],
  };
}

/** Processes that no recorded step claims: before the first step, between steps, left behind by nobody known. */
function outsideNodes({ job, outside }: Story, scale: Scale): Node[] {
  const found = findingNodes(outside);
  if (outside.processes.length === 0 && outside.connections.length === 0) return found;
  const notable = pickNotable(outside, scale, 2);
  return [...notable.map((one) => processNode(one, scale)), ...restNodes(job, tallyBelow(outside), notable), ...found];
}

function processNode({ process, below }: Notable, scale: Scale): Node {
  const { span } = process;
  return {
    ...spanNode(span, scale, span.error === null ? 'process' : 'bad'),
    label: visible(commandLine(span)),
    labelTone: 'quiet',
    notes: [...processNotes(process), ...(scale.agents.get(span) ?? [])],
    children: below.map((one) => processNode(one, scale)),
  };
}

/** A remark for each finding that somebody should look at. */
function findingNodes(below: Below): Node[] {
  return findingLines(below).map(({ span, label, tone }) => ({
    span,
    label,
    labelTone: tone,
    bar: null,
    duration: '',
    notes: [],
    children: [],
  }));
}

/** `⋯ 139 more: node ×88, sh ×40` for what got no line of its own. */
function restNodes(span: FinishedSpan, all: Tally, notable: readonly Notable[]): Node[] {
  const rest = new Map(all.byExecutable);
  for (const name of shownNames(notable)) rest.set(name, (rest.get(name) ?? 0) - 1);
  const left = byMost(rest).filter(([, count]) => count > 0);
  if (left.length === 0) return [];
  const total = left.reduce((sum, [, count]) => sum + count, 0);
  const names = left
    .slice(0, 6)
    .map(([name, count]) => (count === 1 ? visible(name) : `${visible(name)} ×${grouped(count)}`));
  const more = left.length > names.length ? ', …' : '';
  const label = `⋯ ${grouped(total)} more: ${names.join(', ')}${more}`;
  return [{ span, label, labelTone: 'quiet', bar: null, duration: '', notes: [], children: [] }];
}

function shownNames(notable: readonly Notable[]): string[] {
  return notable.flatMap(({ process, below }) => [process.span.name, ...shownNames(below)]);
}

function spanNode(span: FinishedSpan, scale: Scale, tone: Tone): Omit<Node, 'labelTone' | 'notes' | 'children'> {
  return {
    span,
    label: visible(span.name),
    bar: { ...extent(span, scale), tone },
    duration: duration(span.end > span.start ? span.end - span.start : 0n),
  };
}

function toneOf(span: FinishedSpan): Tone {
  if (span.error !== null) return 'bad';
  return resultOf(span) === 'success' ? 'step' : 'warning';
}

function flatten(root: Node): Row[] {
  const rows: Row[] = [];
  const walk = ({ children, ...row }: Node, tree: string, indent: string, depth: number): void => {
    rows.push({ ...row, tree, depth });
    for (const [index, child] of children.entries()) {
      const last = index === children.length - 1;
      walk(child, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`, depth + 1);
    }
  };
  walk(root, '', '', 0);
  return rows;
}
