import { isAtLeast, type Severity } from '../../crds/finding.ts';
import type { Survivor } from '../agents/outlived.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { MemoryEvent } from '../decode/reach-events.ts';
import type { ConnectEvent } from '../decode/socket-events.ts';
import type { Lookup } from '../names/lookup.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Scope } from '../spans/scope.ts';
import type { ContactStage, Detector, Hit, JobView } from './detector.ts';
import { createDetectors } from './detectors.ts';
import { rules } from './rules.ts';

/** Something that was found, and by what; the same (rule, executable, subject, agent) again only counts, what is High or Critical in each step anew. */
export interface Found {
  readonly hit: Hit;
  readonly scope: Scope;
  /** `null`: of the job as a whole. */
  readonly node: ProcessNode | null;
  /** Nanoseconds since boot, of the first. */
  readonly time: bigint;
  count: number;
  /** Its span was given. */
  isTold: boolean;
  /** The count that people were told; 0: they were not yet. */
  noticed: number;
}

/** Findings that a job tells one by one; further ones are counted by rule (design of the trace). */
const maxFindings = 200;

/** How many there may be before one of a severity is only counted: what is less bad never takes all the room of what is worse. */
const room: Readonly<Record<Severity, number>> = {
  Info: 100,
  Low: 100,
  Medium: 120,
  High: 140,
  Critical: 160,
};

/** The first so many of a rule and severity may take any place that is left, so that no number of findings of other rules hides them. */
const firstOfRule = 2;

type Asked =
  | 'executed'
  | 'touched'
  | 'reached'
  | 'connected'
  | 'contacted'
  | 'lookedUp'
  | 'asked'
  | 'leftRunning'
  | 'outlived';

/** A connection as detectors are asked of it; `node` is `null` for the runner itself. */
export interface Contacted {
  readonly event: ConnectEvent;
  readonly scope: Scope;
  readonly node: ProcessNode | null;
  readonly origin: Origin | null;
}

/** The detectors of one job: gives each event to those that care for its kind, and keeps what they find until it is told. */
export class JobFindings {
  readonly #detectors: readonly Detector[];
  readonly #by: Readonly<Record<Asked, readonly Detector[]>>;
  readonly #onFound: (found: Found) => void;
  readonly #found = new Map<string, Found>();
  /** By rule and severity. */
  readonly #kept = new Map<string, number>();

  constructor(job: JobView, onFound: (found: Found) => void) {
    this.#detectors = createDetectors(job);
    this.#onFound = onFound;
    const of = (kind: Asked) => this.#detectors.filter((detector) => detector[kind] !== undefined);
    this.#by = {
      executed: of('executed'),
      touched: of('touched'),
      reached: of('reached'),
      connected: of('connected'),
      contacted: of('contacted'),
      lookedUp: of('lookedUp'),
      asked: of('asked'),
      leftRunning: of('leftRunning'),
      outlived: of('outlived'),
    };
  }

  executed(node: ProcessNode): void {
    for (const detector of this.#by.executed) this.#take(detector.executed?.(node), node, node.image.start);
  }

  touched(event: FileEvent, node: ProcessNode): void {
    for (const detector of this.#by.touched) this.#take(detector.touched?.(event, node), node, event.time);
  }

  reached(event: MemoryEvent, node: ProcessNode): void {
    for (const detector of this.#by.reached) this.#take(detector.reached?.(event, node), node, event.time);
  }

  connected(event: ConnectEvent, node: ProcessNode, origin: Origin | null): void {
    for (const detector of this.#by.connected) this.#take(detector.connected?.(event, node, origin), node, event.time);
  }

  contacted({ event, scope, node, origin }: Contacted, stage: ContactStage, time: bigint): void {
    for (const detector of this.#by.contacted) {
      const hit = detector.contacted?.(event, stage, origin) ?? null;
      if (hit !== null) this.#keep(hit, { scope, node, time });
    }
  }

  lookedUp(lookup: Lookup, node: ProcessNode): void {
    for (const detector of this.#by.lookedUp) this.#take(detector.lookedUp?.(lookup), node, lookup.start);
  }

  /** Only for names that are new in the job. */
  asked(name: string, node: ProcessNode, time: bigint): void {
    for (const detector of this.#by.asked) this.#take(detector.asked?.(name, node), node, time);
  }

  leftRunning(node: ProcessNode, time: bigint): void {
    for (const detector of this.#by.leftRunning) this.#take(detector.leftRunning?.(node), node, time);
  }

  outlived(survivor: Survivor, time: bigint): void {
    for (const detector of this.#by.outlived) this.#take(detector.outlived?.(survivor), survivor.node, time);
  }

  /** What was found by other means than a detector's. */
  ofProcess(hit: Hit, node: ProcessNode, time: bigint): void {
    this.#take(hit, node, time);
  }

  /** What was found of the job as a whole; it is a state, so the same again says nothing new. */
  ofJob(hit: Hit, scope: Scope, time: bigint): void {
    if (!this.#found.has(keyOf(hit, scope, null))) this.#keep(hit, { scope, node: null, time });
  }

  /** Of a process, or (`null`) all that are left of a scope; each is given once. */
  take(scope: Scope, node: ProcessNode | null): Found[] {
    if (this.#found.size === 0) return [];
    const isMeant = (found: Found) => found.scope === scope && (node === null || found.node === node);
    const taken = [...this.#found.values()].filter((found) => !found.isTold && isMeant(found));
    for (const found of taken) found.isTold = true;
    return taken;
  }

  /** What detectors forgot for want of room. */
  get forgotten(): number {
    return this.#detectors.reduce((sum, detector) => sum + (detector.forgotten ?? 0), 0);
  }

  #take(hit: Hit | null | undefined, node: ProcessNode, time: bigint): void {
    if (hit === null || hit === undefined) return;
    const by = hit.by ?? node;
    this.#keep(hit, { scope: by.scope, node: by, time });
  }

  #keep(hit: Hit, { scope, node, time }: Pick<Found, 'scope' | 'node' | 'time'>): void {
    const key = keyOf(hit, scope, node);
    const known = this.#found.get(key);
    if (known !== undefined) {
      known.count += 1;
      scope.findings.repeated += 1;
      return;
    }
    scope.findings.add(severityOf(hit));
    if (!this.#takeRoom(hit)) {
      scope.findings.fold(hit.rule);
      return;
    }
    const found: Found = { hit, scope, node, time, count: 1, isTold: false, noticed: 0 };
    this.#found.set(key, found);
    this.#onFound(found);
  }

  #takeRoom(hit: Hit): boolean {
    const severity = severityOf(hit);
    const kind = `${hit.rule} ${severity}`;
    const kept = this.#kept.get(kind) ?? 0;
    const places = kept < firstOfRule ? maxFindings : room[severity];
    if (this.#found.size >= places) return false;
    this.#kept.set(kind, kept + 1);
    return true;
  }
}

/** Of what is bad each step is held to its own: no step hides in what an earlier one did. */
function keyOf(hit: Hit, { step }: Scope, node: ProcessNode | null): string {
  const severity = severityOf(hit);
  const agent = node?.agent?.session.first.image.id;
  const ofStep = isAtLeast(severity, 'High') ? step?.rootId : null;
  return JSON.stringify([hit.rule, severity, node?.image.path, hit.subject.name, agent, ofStep]);
}

export function severityOf({ severity, rule }: Hit): Severity {
  return severity ?? rules[rule].severity;
}
