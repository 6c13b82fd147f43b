import { FakeKernel, type FakeProcess, helloEvent } from '../../../lineage/testing/fake-kernel.ts';
import { record } from '../../../lineage/testing/recording.ts';
import type { PipelineOptions } from '../../../pipeline.ts';
import type { FinishedSpan } from '../../../spans/finished-span.ts';
import type { ToldCall, Word } from '../word.ts';

/** A job in which agents are heard: what the kernel tells, and between that what is said to the receiver. */
export class ToldRun {
  readonly kernel = new FakeKernel();
  readonly shell: FakeProcess;
  readonly #recorded;
  #pushed = 0;
  #port = 50_000;

  constructor(options: Partial<PipelineOptions> = {}) {
    this.#recorded = record({ engine: 'generic', agents: { areHeard: true }, ...options });
    this.#recorded.pipeline.push(helloEvent());
    this.shell = this.kernel.spawn(this.kernel.process(), '/usr/bin/sh');
  }

  /** Spans that were given until now. */
  get spans(): FinishedSpan[] {
    return this.#recorded.spans;
  }

  say(process: FakeProcess, ...words: Word[]): void {
    const speaker = this.kernel.speak(process, this.#port++);
    this.#push();
    this.#recorded.pipeline.hear({ speaker, words, isWhole: true });
  }

  /** Something that it sent was refused. */
  refuse(process: FakeProcess): void {
    const speaker = this.kernel.speak(process, this.#port++);
    this.#push();
    this.#recorded.pipeline.hear({ speaker, words: [], isWhole: false });
  }

  /** Time goes by. */
  wait(seconds: number): void {
    this.#push();
    this.kernel.now += BigInt(seconds * 1e9);
    this.#recorded.pipeline.tick(this.kernel.now + offset);
  }

  end(): FinishedSpan[] {
    this.kernel.exit(this.shell);
    this.#push();
    this.#recorded.pipeline.finish(this.kernel.now + offset + 1_000_000n);
    return this.spans;
  }

  /** What an agent tells of a shell call that began and ended about now. */
  call(command: string | null, changes: Partial<ToldCall> = {}): ToldCall {
    const now = this.kernel.now + offset;
    return {
      kind: 'call',
      id: `call-${this.#port++}`,
      tool: 'Bash',
      isShell: true,
      command,
      start: now - 10_000_000n,
      end: now,
      succeeded: true,
      exitCode: null,
      subAgent: null,
      span: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
      ...changes,
    };
  }

  #push(): void {
    for (; this.#pushed < this.kernel.events.length; this.#pushed += 1) {
      const event = this.kernel.events[this.#pushed];
      if (event !== undefined) this.#recorded.pipeline.push(event);
    }
  }
}

/** As in {@link helloEvent}. */
const offset = 1_700_000_000_000_000_000n;
