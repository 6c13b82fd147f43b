import { findingsPrefix } from '../../crds/attributes.ts';
import { type Severity, severities } from '../../crds/finding.ts';
import type { Attributes } from '../spans/finished-span.ts';

/** How many findings a step or a job has, by severity; the same one again counts among the repeated. */
export class FindingTotals {
  repeated = 0;
  /** Findings beyond those that a job tells one by one, by rule. */
  readonly folded = new Map<string, number>();
  readonly #bySeverity = new Map<Severity, number>();

  add(severity: Severity): void {
    this.#bySeverity.set(severity, (this.#bySeverity.get(severity) ?? 0) + 1);
  }

  fold(rule: string): void {
    this.folded.set(rule, (this.folded.get(rule) ?? 0) + 1);
  }

  merge(other: FindingTotals): this {
    this.repeated += other.repeated;
    for (const severity of severities) {
      const count = other.#bySeverity.get(severity);
      if (count !== undefined) this.#bySeverity.set(severity, (this.#bySeverity.get(severity) ?? 0) + count);
    }
    for (const [rule, count] of other.folded) this.folded.set(rule, (this.folded.get(rule) ?? 0) + count);
    return this;
  }

  /** Nothing where nothing was found. */
  attributes(): Attributes {
    const attributes: Attributes = {};
    for (const [severity, count] of this.#bySeverity) attributes[`${findingsPrefix}${severity.toLowerCase()}`] = count;
    if (this.repeated > 0) attributes[`${findingsPrefix}repeated`] = this.repeated;
    for (const [rule, count] of this.folded) attributes[`${findingsPrefix}folded.${rule.replaceAll('-', '_')}`] = count;
    return attributes;
  }
}
