import type { Severity } from '../../crds/finding.ts';

/** A rule as people read it; its detector is the file of its name. */
export interface Rule {
  /** Bold in lists; two or three words. */
  readonly title: string;
  /** Of most of its findings; {@link Rule.grades} says which have another. */
  readonly severity: Severity;
  /** MITRE ATT&CK's tactic. */
  readonly category: string;
  /** What the process did, with `{}` for the subject: `read the memory of {}`. */
  readonly act: string;
  /** When it fires, exactly. */
  readonly when: string;
  /** Why it matters: who has been attacked that way. */
  readonly reason: string;
  /** Where the reason, or a threshold, is from. */
  readonly source: string;
  /** What to look at first, an imperative without a full stop. */
  readonly look: string;
  /** How to refuse it, an imperative without a full stop. */
  readonly refuse: string;
  /** Which of its findings have another severity, and what is none; empty: none. */
  readonly grades: string;
  /** What it does not see. */
  readonly blind: string;
  /** The title of the test in which it fires, and of the one in which it must not. */
  readonly fires: string;
  readonly quiet: string;
}
