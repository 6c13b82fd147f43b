import type { Hit } from '../../findings/detector.ts';
import { later } from '../../lineage/time.ts';
import type { ProcessNode } from '../../spans/process-node.ts';
import type { AgentSession, ToolCallRun } from '../sessions.ts';
import { differencesOf, unseen, unspoken } from './differences.ts';
import { type ClaimRoom, SessionWords } from './session-words.ts';
import type { ToldCall, Word } from './word.ts';

/** Agents send what they tell every five seconds, and are given time for that. Nanoseconds from the call's end, and from the agent's. */
const callPatience = 12_000_000_000n;
const sessionPatience = 3_000_000_000n;
/** A call whose process ended so long before the last word should have been told by then: opencode sends every five seconds, not at its end, and what ends at once with others may come with the next. */
const tellsWithin = 5_000_000_000n;
/** Calls of all agents of a job that wait; one more is told without the agent's word. */
const maxWaiting = 512;

/** What came at once. */
export interface Told {
  readonly words: readonly Word[];
  /** Nothing is missing before it. */
  readonly isWhole: boolean;
}

/** What becomes of it. */
export interface WordSink {
  /** From nanoseconds since boot to Unix time. */
  readonly offset: () => bigint;
  /** Whether there is room for one more span below the run's; its place is kept. */
  readonly takeRoom: (session: AgentSession) => boolean;
  readonly giveCall: (call: ToolCallRun) => void;
  /** A call without processes of its own. */
  readonly giveTold: (session: AgentSession, told: ToldCall) => void;
  /** The run itself, last of all. */
  readonly giveSession: (session: AgentSession, words: SessionWords) => void;
  readonly found: (hit: Hit, node: ProcessNode, time: bigint) => void;
}

/**
 * What the coding agents of one job tell of themselves, joined with what was seen of them. A span's content is fixed once it is given, so a call's
 * waits for the agent's word, and the run's for its last one; both for a while only.
 */
export class AgentWords {
  /** Words that came when the span was given: nothing tells them. */
  late = 0;
  readonly #sink: WordSink;
  readonly #open = new Map<AgentSession, SessionWords>();
  readonly #room: ClaimRoom = { held: 0 };
  #waiting = 0;
  #isOver = false;

  constructor(sink: WordSink) {
    this.#sink = sink;
  }

  /** Before its first call. */
  sessionBegan(session: AgentSession): void {
    this.#open.set(session, new SessionWords(session, () => this.#sink.takeRoom(session), this.#room));
  }

  callBegan(call: ToolCallRun): void {
    this.#open.get(call.session)?.began(call);
  }

  /** Whether the call's span waits; else it is to be given now. */
  callEnded(call: ToolCallRun): boolean {
    const words = this.#open.get(call.session);
    if (words === undefined) return false;
    if (call.told !== null) this.#compare(call);
    if (call.told !== null || this.#isOver || this.#waiting >= maxWaiting) return false;
    words.waiting.add(call);
    this.#waiting += 1;
    return true;
  }

  /** Whether its span waits. */
  sessionEnded(session: AgentSession): boolean {
    const words = this.#open.get(session);
    if (words === undefined) return false;
    words.ended = session.first.image.end;
    if (this.#isOver) this.#close(words);
    return true;
  }

  hear(session: AgentSession, { words: said, isWhole }: Told): void {
    const words = this.#open.get(session);
    if (words === undefined) {
      this.late += said.length;
      return;
    }
    words.isWhole &&= isWhole;
    for (const told of words.hear(said)) this.#sink.giveTold(session, told);
    if (words.isQuick) this.#join(words, false);
    else words.isBehind = true;
  }

  /** Gives what has waited long enough; `now` in nanoseconds since boot. */
  settle(now: bigint): void {
    this.#catchUp();
    for (const words of this.#open.values()) {
      if (words.ended !== null && now - words.ended >= sessionPatience) this.#close(words);
      for (const call of words.waiting) if (now - endOf(call) >= callPatience) this.#give(words, call);
    }
  }

  /** The job is over: nothing waits any more. */
  close(): void {
    this.#isOver = true;
    for (const words of this.#open.values()) {
      if (words.ended !== null) this.#close(words);
      else for (const call of words.waiting) this.#give(words, call);
    }
  }

  /** One run each time, so that no number of them holds up the rest. */
  #catchUp(): void {
    for (const words of this.#open.values()) {
      if (!words.isBehind) continue;
      this.#join(words, false);
      return;
    }
  }

  #join(words: SessionWords, isFinal: boolean): void {
    words.isBehind = false;
    for (const call of words.join(this.#sink.offset(), isFinal)) {
      if (words.waiting.has(call)) this.#give(words, call);
      else if (call.root.image.end !== null) this.late += 1;
    }
  }

  #give(words: SessionWords, call: ToolCallRun): void {
    if (words.waiting.delete(call)) this.#waiting -= 1;
    if (call.told !== null) this.#compare(call);
    this.#sink.giveCall(call);
  }

  #compare(call: ToolCallRun): void {
    if (call.told === null) return;
    for (const hit of differencesOf(call, call.told, this.#sink.offset()))
      this.#sink.found(hit, call.root, endOf(call));
  }

  #close(words: SessionWords): void {
    const { session } = words;
    this.#join(words, true);
    for (const call of words.waiting) this.#give(words, call);
    this.#open.delete(session);
    this.#tellUnjoined(words);
    words.close();
    this.#sink.giveSession(session, words);
  }

  #tellUnjoined(words: SessionWords): void {
    const { session, unjoined } = words;
    const { first } = session;
    const time = first.image.end ?? first.image.start;
    for (const claim of unjoined.claims) {
      this.#sink.giveTold(session, claim);
      if (claim.succeeded !== false) this.#sink.found(unseen(claim), first, time);
    }
    if (!toldAll(words)) return;
    const missing = unjoined.calls.filter((call) => endOf(call) + this.#sink.offset() + tellsWithin < words.lastEnd);
    for (const call of missing) this.#sink.found(unspoken(call), call.root, later(call.root.image.start, time));
  }
}

/** An agent that was cut off, or that was not heard whole, may have had more to tell. */
function toldAll({ session, told, isWhole }: SessionWords): boolean {
  return told > 0 && isWhole && session.first.image.exitCode === 0;
}

function endOf({ root: { image } }: ToolCallRun): bigint {
  return image.end ?? image.start;
}
