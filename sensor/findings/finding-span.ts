import {
  findingProcesses,
  findingSeverity,
  findingSubject,
  findingSubjectKind,
  findingText,
} from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { type Placement, processName } from '../spans/process-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { maxName, printable } from '../spans/text.ts';
import { type Found, severityOf } from './job-findings.ts';
import { rules } from './rules.ts';
import { sentence } from './sentence.ts';
import { toolCallAttributes, toolCallOf } from './tool-call.ts';

export interface FindingView {
  readonly found: Found;
  readonly offset: bigint;
  readonly redact: Redactor;
  /** `null`: of no step. */
  readonly step: string | null;
}

/** A finding as a span below the process that did it. Its subject stands under the conventions' own name too, where they have one. */
export function findingSpan(at: Placement, { found, offset, redact, step }: FindingView): FinishedSpan {
  const { hit, node, time, count } = found;
  const rule = rules[hit.rule];
  const processes = chainOf(node, redact);
  const subject = subjectOf(hit, redact) || 'unknown';
  const detail = printable(redact.text(hit.detail ?? ''));
  const call = toolCallAttributes(node?.agent?.call, redact);
  return {
    ...at,
    name: `finding ${hit.rule}`,
    kind: 'internal',
    start: time + offset,
    end: time + offset,
    attributes: {
      'security_rule.name': hit.rule,
      'security_rule.ruleset.name': 'chaperone',
      'security_rule.category': rule.category,
      'security_rule.description': rule.title,
      [findingSeverity]: severityOf(hit),
      [findingSubjectKind]: hit.subject.kind,
      [findingSubject]: subject,
      [findingText]: printable(
        sentence({ rule, processes, subject, detail, step, call: toolCallOf(call) }),
        maxSentence,
      ),
      ...(processes.length === 0 ? {} : { [findingProcesses]: processes }),
      ...call,
      'chaperone.count': count,
    },
    events: [],
    links: [],
    error: null,
    priority: true,
  };
}

function subjectOf({ subject: { name, shown } }: Found['hit'], redact: Redactor): string {
  if (shown === undefined) return printable(redact.text(name));
  const scripts = shown.scripts.map((script) => printable(redact.script(script), maxScript));
  return printable(shown.text.replaceAll('{}', () => scripts.shift() ?? ''));
}

/** Two of them fit into one text. */
const maxScript = 200;

const maxSentence = 2_048;
const maxChain = 16;

/** From the step's first process to the one that did it; the middle gives way. */
function chainOf(node: ProcessNode | null, redact: Redactor): string[] {
  const names: string[] = [];
  for (let at = node; at !== null; at = at.parent) names.unshift(printable(processName(at.image, redact), maxName));
  return names.length <= maxChain ? names : [...names.slice(0, 2), '…', ...names.slice(3 - maxChain)];
}
