import type { SpanClass } from '../../export/span-class.ts';

/** Where an attribute stands: spans of a class (summaries are of the class of what they sum up), the resource, or an event. */
export type Carrier = SpanClass | 'resource' | 'event';

export interface RegisteredAttribute {
  /** `*` stands for one or more words. */
  readonly name: string;
  readonly on: readonly Carrier[];
  readonly type: 'string' | 'number' | 'boolean' | 'string[]';
  /** For docs/spans.md. */
  readonly meaning: string;
  /** The test that brings it about, where the scenario of all kinds does not. */
  readonly shownBy?: string;
}

/** A registered attribute on one line; `on` has its carriers apart from each other by a space. */
export type Row = readonly [
  name: string,
  on: string,
  type: RegisteredAttribute['type'],
  meaning: string,
  shownBy?: string,
];

export const task = 'job step';
export const net = 'connection accept';
