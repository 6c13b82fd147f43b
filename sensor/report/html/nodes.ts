import { dnsResponseCode, findingText } from '../../../crds/attributes.ts';
import { isAtLeast } from '../../../crds/finding.ts';
import { classOf } from '../../export/span-class.ts';
import { severityOf } from '../../findings/read-finding.ts';
import { later } from '../../lineage/time.ts';
import type { Attributes, AttributeValue, FinishedSpan } from '../../spans/finished-span.ts';
import { type AgentNotes, agentNotes } from '../agents/agent-notes.ts';
import { commandLine } from '../command-line.ts';
import { failureOf, outcomeOf } from '../connection-outcome.ts';
import { processNotes, stepNotes } from '../notes.ts';
import type { Note } from '../paint.ts';
import { target } from '../reached.ts';
import { spanCount } from '../span-count.ts';
import type { Below, ProcessStory, StepStory, Story } from '../story.ts';
import { resultOf } from '../summary.ts';
import { visible } from '../text.ts';
import { grouped } from '../units.ts';
import type { Fact, NodeEvent, NodeKind, ReportNode } from './model/report-data.ts';

/** The spans of a trace in the order of the tree, with where each of them stands. */
export class NodeList {
  readonly nodes: ReportNode[] = [];
  readonly spans: FinishedSpan[] = [];
  readonly #places = new Map<FinishedSpan, number>();
  readonly #origin: bigint;
  #agents: AgentNotes = new Map();

  /** `origin` is the instant from which times are counted. */
  constructor(origin: bigint) {
    this.#origin = origin;
  }

  /** Where the span stands; 0 for one that does not. */
  placeOf(span: FinishedSpan): number {
    return this.#places.get(span) ?? 0;
  }

  addJob(story: Story, label: string): void {
    const { job, steps, outside } = story;
    this.#agents = agentNotes(story);
    this.#add(job, { label, result: resultOf(job) }, 0, () => {
      this.#addAll([...steps.map((step) => this.#step(step, 1)), ...this.#below(outside, 1)]);
    });
  }

  #step(step: StepStory, depth: number): Child {
    const { span } = step;
    const told = { label: span.name, result: resultOf(span), notes: stepNotes(step, step) };
    const children = () =>
      this.#addInOrder([...step.steps.map((inner) => this.#step(inner, depth + 1)), ...this.#below(step, depth + 1)]);
    return { start: span.start, add: () => this.#add(span, told, depth, children) };
  }

  #below({ processes, connections, accepted, lookups, findings }: Below, depth: number): Child[] {
    return [
      ...processes.map((process) => this.#process(process, depth)),
      ...connections.map((connection) => this.#connection(connection, depth, `→ ${target(connection)}`)),
      ...accepted.map((connection) => this.#connection(connection, depth, acceptedLabel(connection))),
      ...lookups.map((lookup) => this.#lookup(lookup, depth)),
      ...findings.map((finding) => this.#finding(finding, depth)),
    ].sort(byStart);
  }

  #process(process: ProcessStory, depth: number): Child {
    const { span, count } = process;
    const line = commandLine(span);
    const told = {
      label: count === 1 ? line : `${line} ×${grouped(count)}`,
      notes: [...processNotes(process), ...(this.#agents.get(span) ?? [])],
    };
    const children = () => this.#addInOrder(this.#below(process, depth + 1));
    return { start: span.start, add: () => this.#add(span, told, depth, children) };
  }

  #connection(span: FinishedSpan, depth: number, line: string): Child {
    const count = spanCount(span);
    const failure = failureOf(span);
    const label = count === 1 ? line : `${line} (${grouped(count)}×)`;
    const notes: Note[] = failure === null ? [] : [{ tone: 'warning', text: visible(failure) }];
    return { start: span.start, add: () => this.#add(span, { label, result: outcomeOf(span), notes }, depth) };
  }

  #lookup(span: FinishedSpan, depth: number): Child {
    const response = String(span.attributes[dnsResponseCode] ?? '');
    const notes: Note[] = span.error === null ? [] : [{ tone: 'warning', text: visible(response || 'failed') }];
    return { start: span.start, add: () => this.#add(span, { label: span.name, result: response, notes }, depth) };
  }

  #finding(span: FinishedSpan, depth: number): Child {
    const severity = severityOf(span);
    const tone = isAtLeast(severity, 'High') ? 'bad' : 'warning';
    const notes: Note[] = [{ tone, text: severity }];
    return { start: span.start, add: () => this.#add(span, { label: span.name, result: severity, notes }, depth) };
  }

  #addInOrder(children: readonly Child[]): void {
    this.#addAll([...children].sort(byStart));
  }

  #addAll(children: readonly Child[]): void {
    for (const { add } of children) add();
  }

  #add(span: FinishedSpan, told: Told, depth: number, addChildren: () => void = () => {}): void {
    const place = this.nodes.length;
    const node = { ...this.#nodeOf(span, told, depth), size: 0 };
    this.nodes.push(node);
    this.spans.push(span);
    this.#places.set(span, place);
    addChildren();
    node.size = this.nodes.length - place - 1;
  }

  #nodeOf(span: FinishedSpan, { label, result = '', notes = [] }: Told, depth: number): ReportNode {
    const spanClass = classOf(span);
    const kind: NodeKind = spanClass in kinds ? (spanClass as NodeKind) : 'other';
    return {
      kind,
      depth,
      size: 0,
      label: visible(label),
      start: this.millis(span.start),
      end: this.millis(later(span.start, span.end)),
      result: visible(result),
      failed: span.error !== null || (isConnection(kind) && failureOf(span) !== null),
      summary: span.attributes['aggregation.is_summary'] === true,
      notes,
      telling: sentencesOf(span),
      facts: [...factsOf(withoutText(span.attributes)), ['span id', span.spanId]],
      events: span.events.map(({ name, time, attributes }) => this.#event(name, time, attributes)),
    };
  }

  #event(name: string, time: bigint, attributes: Attributes): NodeEvent {
    return { name: visible(name), at: this.millis(time), facts: factsOf(attributes) };
  }

  /** Milliseconds since the origin, to a microsecond. */
  millis(time: bigint): number {
    return Math.round(Number(time - this.#origin) / 1e3) / 1e3;
  }
}

const kinds = { job: true, step: true, process: true, connection: true, accept: true, dns: true };

/** `← 192.0.2.1 at 127.0.0.1:8080`: who came, and where. */
function acceptedLabel(span: FinishedSpan): string {
  const client = span.attributes['client.address'];
  return typeof client === 'string' ? `← ${client} at ${target(span)}` : `← at ${target(span)}`;
}

function isConnection(kind: NodeKind): boolean {
  return kind === 'connection' || kind === 'accept';
}

interface Told {
  readonly label: string;
  readonly result?: string;
  readonly notes?: readonly Note[];
}

/** A finding's text, its advice apart from what happened: what a job wrote may hold the same words, and the advice stands last. */
function sentencesOf({ attributes: { [findingText]: text } }: FinishedSpan): string[] {
  if (typeof text !== 'string') return [];
  const [refuse, look] = [text.lastIndexOf(' To refuse it, '), text.lastIndexOf(' Look at ')];
  if (look < 0 || refuse < look) return [visible(text)];
  return [text.slice(0, look), text.slice(look + 1, refuse), text.slice(refuse + 1)].map(visible);
}

function withoutText({ [findingText]: _, ...others }: Attributes): Attributes {
  return others;
}

/** A child that is added once its place in the order is known. */
interface Child {
  readonly start: bigint;
  readonly add: () => void;
}

function byStart(a: Child, b: Child): number {
  return a.start < b.start ? -1 : Number(a.start > b.start);
}

/** Attributes as texts that are safe to show, in the order given. */
export function factsOf(attributes: Attributes): Fact[] {
  return Object.entries(attributes).map(([name, value]) => [visible(name), textOf(value)]);
}

function textOf(value: AttributeValue): string | string[] {
  return Array.isArray(value) ? value.map(visible) : visible(String(value));
}
