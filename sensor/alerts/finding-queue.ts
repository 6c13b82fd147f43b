import { type Finding, severities } from '../../crds/finding.ts';
import type { QueuedSpan } from '../export/span-queue.ts';

/** A finding that waits to be told. */
export interface QueuedFinding {
  readonly finding: Finding;
  /** Its JSON. */
  readonly text: string;
  readonly bytes: number;
  /** As the spill knows it. */
  readonly kept: QueuedSpan;
}

export interface QueueLimits {
  readonly findings: number;
  readonly bytes: number;
}

/** What waits to be told: the most severe goes first, of equals the oldest; where room is short the last gives way. */
export class FindingQueue {
  readonly #limits: QueueLimits;
  readonly #items: QueuedFinding[] = [];
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** In the order of going. */
  get items(): readonly QueuedFinding[] {
    return this.#items;
  }

  /** Takes a finding in and answers with what found no room, itself perhaps. */
  add(item: QueuedFinding): QueuedFinding[] {
    const after = this.#items.findLastIndex(({ finding }) => rankOf(finding) >= rankOf(item.finding));
    this.#items.splice(after + 1, 0, item);
    this.#bytes += item.bytes;
    const shed: QueuedFinding[] = [];
    while (this.#items.length > this.#limits.findings || this.#bytes > this.#limits.bytes) {
      const last = this.#items.pop();
      if (last === undefined) break;
      this.#bytes -= last.bytes;
      shed.push(last);
    }
    return shed;
  }

  /** The next to go, which stay until they are removed. One beyond the bytes goes alone. */
  first({ findings, bytes }: QueueLimits): QueuedFinding[] {
    const taken: QueuedFinding[] = [];
    let sum = 0;
    for (const item of this.#items.slice(0, findings)) {
      sum += item.bytes + separatorBytes;
      if (taken.length > 0 && sum > bytes) break;
      taken.push(item);
    }
    return taken;
  }

  remove(items: readonly QueuedFinding[]): void {
    for (const item of items) {
      const index = this.#items.indexOf(item);
      if (index < 0) continue;
      this.#items.splice(index, 1);
      this.#bytes -= item.bytes;
    }
  }
}

const separatorBytes = 1;

function rankOf({ severity }: Finding): number {
  return severities.indexOf(severity);
}
