import type { Stream } from '../decode/process-events.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Detector } from './detector.ts';

const maxPipes = 512;

/** Which process reads from and which writes to a pipe, by the pipe's number, as they were executed with it: the kernel's word on what `|` joined. */
export class Pipes implements Detector {
  forgotten = 0;
  readonly #readers = new Map<number, ProcessNode>();
  readonly #writers = new Map<number, ProcessNode>();

  executed(node: ProcessNode): null {
    const { stdin, stdout } = node.image;
    if (stdin.kind === 'pipe') this.#set(this.#readers, stdin.file, node);
    if (stdout.kind === 'pipe') this.#set(this.#writers, stdout.file, node);
    return null;
  }

  reader({ kind, file }: Stream): ProcessNode | null {
    return kind === 'pipe' ? (this.#readers.get(file) ?? null) : null;
  }

  writer({ kind, file }: Stream): ProcessNode | null {
    return kind === 'pipe' ? (this.#writers.get(file) ?? null) : null;
  }

  /** Those before a process in its pipe line, the nearest first, as far as so many. */
  *before({ image }: ProcessNode, most: number): Generator<ProcessNode> {
    let writer = this.writer(image.stdin);
    for (let count = 0; writer !== null && count < most; count += 1) {
      yield writer;
      writer = this.writer(writer.image.stdin);
    }
  }

  /** Those after it. */
  *after({ image }: ProcessNode, most: number): Generator<ProcessNode> {
    let reader = this.reader(image.stdout);
    for (let count = 0; reader !== null && count < most; count += 1) {
      yield reader;
      reader = this.reader(reader.image.stdout);
    }
  }

  #set(pipes: Map<number, ProcessNode>, pipe: number, node: ProcessNode): void {
    pipes.set(pipe, node);
    if (pipes.size <= maxPipes) return;
    for (const [oldest, { image }] of pipes) {
      pipes.delete(oldest);
      if (image.end === null) this.forgotten += 1;
      break;
    }
  }
}
