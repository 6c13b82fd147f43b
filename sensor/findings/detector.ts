import type { Severity, SubjectKind } from '../../crds/finding.ts';
import type { Survivor } from '../agents/outlived.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { MemoryEvent } from '../decode/reach-events.ts';
import type { ConnectEvent } from '../decode/socket-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Lookup } from '../names/lookup.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { EgressView } from '../policy/egress-view.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Scope } from '../spans/scope.ts';
import type { RuleName } from './rules.ts';

/** What a detector has seen. Texts are the job's, and not redacted yet. */
export interface Hit {
  readonly rule: RuleName;
  readonly subject: {
    readonly kind: SubjectKind;
    /** Tells it from others. */
    readonly name: string;
    /** How it is shown, where that is not its name: a text of ours with `{}` for each of these command lines. */
    readonly shown?: { readonly text: string; readonly scripts: readonly string[] };
  };
  /** Default: the rule's. */
  readonly severity?: Severity;
  /** A clause after the act: `after it had read /root/.npmrc`. */
  readonly detail?: string;
  /** Who did it, where that is not the process of the event. */
  readonly by?: ProcessNode;
}

/** A process as another one meets it; `scope` is `null` for one that is of no job. */
export interface Neighbour {
  readonly image: ProcessImage;
  readonly scope: Scope | null;
}

/** How far a connection has come: asked for; datagrams were sent; the other side took it or answered. */
export type ContactStage = 'begun' | 'sent' | 'answered';

/** What a detector may ask of its job. Answers are of what events have told so far. */
export interface JobView {
  /** The image of the runner; `null` where there is none. */
  readonly runner: string | null;
  /** The job's working folder; `null` where it is not known. */
  readonly workspace: () => string | null;
  /** `pid`: as the pod's processes see it. `null`: none is known, or several are. */
  readonly withPid: (pid: number) => Neighbour | null;
  readonly withImage: (id: string) => Neighbour | null;
  /** Whether an answer gave this address to anybody in the job. */
  readonly wasResolved: (address: string) => boolean;
  /** Whether any answer of a resolver was read: else nobody can say that an address has no name. */
  readonly readsAnswers: () => boolean;
  /** The egress of the policy in force; `null` where everything is allowed. */
  readonly egress: () => EgressView | null;
  /** Whether the address is not one of the pod's own. */
  readonly leadsOut: (address: string) => boolean;
  /** Whether every policy leaves the host open. */
  readonly isOpenHost: (name: string) => boolean;
}

/**
 * Sees one kind of thing in one job. Pure but for a bounded state of its own: no clock, no I/O, no allocation for an event that does not matter.
 * Each method but `contacted` is asked only for processes of the job that are known; the runner itself is not among them.
 */
export interface Detector {
  executed?(node: ProcessNode): Hit | null;
  /** A file was changed, or one that holds a secret was read. */
  touched?(event: FileEvent, node: ProcessNode): Hit | null;
  reached?(event: MemoryEvent, node: ProcessNode): Hit | null;
  /** `origin`: what the address was resolved from. */
  connected?(event: ConnectEvent, node: ProcessNode, origin: Origin | null): Hit | null;
  /** Asked also of the runner itself, and again when the connection has come further. */
  contacted?(event: ConnectEvent, stage: ContactStage, origin: Origin | null): Hit | null;
  /** The process ends, which asked for this name. */
  lookedUp?(lookup: Lookup): Hit | null;
  /** A name that nobody of the job had asked for before. */
  asked?(name: string, node: ProcessNode): Hit | null;
  /** A process still runs after its step. */
  leftRunning?(node: ProcessNode): Hit | null;
  /** …or after its tool call or its agent. */
  outlived?(survivor: Survivor): Hit | null;
  /** What it forgot for want of room, so that it may have missed something. */
  readonly forgotten?: number;
}
