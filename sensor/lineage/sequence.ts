/**
 * The numbers of one CPU, 32 bits wide. A program that interrupts another one on its CPU is numbered after it and may arrive before it, so a number is
 * missing only when it never comes.
 */
export class Sequence {
  missing = 0;
  #first: number;
  #next: number;

  constructor(first: number) {
    this.#first = first;
    this.#next = first;
  }

  seen(seq: number): void {
    const ahead = (seq - this.#next) | 0;
    const before = (this.#first - seq) | 0;
    if (ahead >= 0) {
      this.missing += ahead;
      this.#next = (seq + 1) >>> 0;
    } else if (before > 0) {
      this.missing += before - 1;
      this.#first = seq;
    } else this.missing -= 1;
  }
}
