import { earlier, later } from '../../lineage/time.ts';
import type { AgentSession, ToolCallRun } from '../sessions.ts';
import { joinCalls, type Pair } from './join-calls.ts';
import type { ToldAnswer, ToldCall, Word } from './word.ts';

/** Calls of one run that are compared with what it tells, and told ones that were not found among them; beyond that it is not heard any more. */
const maxCalls = 1_024;
const maxClaims = 512;
/** Of these, what each run has room for whatever others tell, and what all runs of a job have together. */
const ownClaims = 32;
const heldClaims = 2_048;
const maxSubAgents = 32;
/** Pairs of a call and a claim that are compared as soon as anything is told. */
const quickPairs = 4_096;

/** What the runs of one job keep together. */
export interface ClaimRoom {
  held: number;
}

/** A part of the work that an agent gave to another one, as it tells. Times are Unix nanoseconds. */
export interface SubAgent {
  readonly name: string;
  start: bigint;
  end: bigint;
}

/** What one run of an agent tells of itself, beside what was seen of it. */
export class SessionWords {
  readonly session: AgentSession;
  /** Calls that have ended and have no span yet. */
  readonly waiting = new Set<ToolCallRun>();
  readonly subAgents = new Map<string, SubAgent>();
  /** Calls that it told, of any tool. */
  told = 0;
  /** When the last that it told of ended: what ended before that it has had the time to tell. */
  lastEnd = 0n;
  /** Nothing was lost for want of room: what is missing it did not tell. */
  isWhole = true;
  model: string | null = null;
  conversation: string | null = null;
  input = 0;
  output = 0;
  /** When its process ended, in nanoseconds since boot. */
  ended: bigint | null = null;
  /** There is more to compare than can be done each time that something is told: it waits for its turn. */
  isBehind = false;
  readonly #takeRoom: () => boolean;
  readonly #room: ClaimRoom;
  #calls: ToolCallRun[] = [];
  #claims: ToldCall[] = [];

  /** `takeRoom`: keeps the place of a sub-agent's span, if there is one. */
  constructor(session: AgentSession, takeRoom: () => boolean, room: ClaimRoom) {
    this.session = session;
    this.#takeRoom = takeRoom;
    this.#room = room;
  }

  began(call: ToolCallRun): void {
    if (this.#calls.length < maxCalls) this.#calls.push(call);
    else this.isWhole = false;
  }

  /** Takes the words in; the answer is those calls that have no process to be joined with. */
  hear(words: readonly Word[]): ToldCall[] {
    const inner: ToldCall[] = [];
    for (const word of words) {
      this.lastEnd = later(this.lastEnd, word.end);
      if (word.kind === 'answer') {
        this.#count(word);
        continue;
      }
      const call = this.#place(word);
      if (this.#claim(call)) inner.push(call);
    }
    return inner;
  }

  /** Joins what can be joined; `offset`: from nanoseconds since boot to Unix time. */
  join(offset: bigint, isFinal: boolean): ToolCallRun[] {
    if (this.#claims.length === 0) return [];
    const seen = this.#calls.map((run) => ({
      run,
      callId: run.callId,
      command: run.command,
      isCut: run.isCut,
      start: run.root.image.start + offset,
    }));
    const pairs = joinCalls({ seen, told: this.#claims }, isFinal).map(({ seen: { run }, told }) => ({
      seen: run,
      told,
    }));
    this.#settle(pairs);
    return pairs.map((pair) => pair.seen);
  }

  /** Whether joining costs next to nothing. */
  get isQuick(): boolean {
    return this.#calls.length * this.#claims.length <= quickPairs;
  }

  /** Nothing more is joined. */
  close(): void {
    this.#room.held -= this.#claims.length;
  }

  /** What nothing was found for, on either side. */
  get unjoined(): { readonly calls: readonly ToolCallRun[]; readonly claims: readonly ToldCall[] } {
    return { calls: this.#calls, claims: this.#claims };
  }

  #settle(pairs: readonly Pair<ToolCallRun, ToldCall>[]): void {
    for (const { seen, told } of pairs) seen.told = told;
    const joined = new Set(pairs.map(({ told }) => told));
    this.#calls = this.#calls.filter(({ told }) => told === null);
    this.#claims = this.#claims.filter((claim) => !joined.has(claim));
    this.#room.held -= joined.size;
  }

  /** False for a shell call, which waits for its process. */
  #claim(call: ToldCall): boolean {
    this.told += 1;
    if (!call.isShell) return true;
    const { length } = this.#claims;
    if (length < ownClaims || (length < maxClaims && this.#room.held < heldClaims)) {
      this.#claims.push(call);
      this.#room.held += 1;
    } else this.isWhole = false;
    return false;
  }

  /** Of a sub-agent that finds no room, as if the agent itself had called. */
  #place(call: ToldCall): ToldCall {
    const { subAgent, start, end } = call;
    if (subAgent === null) return call;
    const known = this.subAgents.get(subAgent);
    if (known !== undefined) {
      known.start = earlier(known.start, start);
      known.end = later(known.end, end);
      return call;
    }
    if (this.subAgents.size >= maxSubAgents || !this.#takeRoom()) return { ...call, subAgent: null };
    this.subAgents.set(subAgent, { name: subAgent, start, end });
    return call;
  }

  #count({ model, conversation, input, output }: ToldAnswer): void {
    this.model = model ?? this.model;
    this.conversation ??= conversation;
    this.input += input;
    this.output += output;
  }
}
