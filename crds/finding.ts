/** From the least to the most: what is worth knowing, … what somebody must look at now. The words and their order are CVSS's and most scanners'. */
export const severities = ['Info', 'Low', 'Medium', 'High', 'Critical'] as const;
export type Severity = (typeof severities)[number];

/** What a finding is about. */
export const subjectKinds = ['file', 'host', 'name', 'process', 'sensor', 'policy'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** Something in a job that looks like an attack, or like the way to one: the same on a span, in `summary.json` and on its way to people. Fields without a value are left out. */
export interface Finding {
  readonly version: 1;
  /** The finding's own span: the same finding has the same id, however often it is sent. */
  readonly id: string;
  /** A rule of docs/findings.md. */
  readonly rule: string;
  readonly severity: Severity;
  readonly subject: { readonly kind: SubjectKind; readonly name: string };
  /** One paragraph for people: who, what, where in the workflow, what to look at, how to refuse it. */
  readonly text: string;
  /** RFC 3339, of the first time. */
  readonly time: string;
  /** How often the same was seen until it was told. */
  readonly count: number;
  /** Where a coding agent's tool call did it. */
  readonly toolCall?: FindingToolCall;
  /** From the step's first process to the one that did it. */
  readonly processes?: readonly string[];
  readonly step?: { readonly name: string; readonly ordinal: number };
  readonly job: { readonly name: string; readonly url?: string };
  /** `owner/name`. */
  readonly repository?: string;
  /** The span that shows it: of the process, else of the step or the job. */
  readonly evidence: { readonly traceId: string; readonly spanId: string };
}

/** The command of a coding agent below which something was found. */
export interface FindingToolCall {
  /** As `gen_ai.agent.name`: `claude-code`. */
  readonly agent: string;
  /** The agent's own name of the tool: `Bash`. */
  readonly tool: string;
  /** What the model asked for, redacted. */
  readonly command?: string;
  /** The agent's id of the call, where it is known. */
  readonly callId?: string;
}

/** Whether the first is at least as bad as the second. */
export function isAtLeast(one: Severity, other: Severity): boolean {
  return severities.indexOf(one) >= severities.indexOf(other);
}
