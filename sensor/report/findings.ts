import { findingSeverity, findingSubject } from '../../crds/attributes.ts';
import { type Finding, isAtLeast, type Severity, severities } from '../../crds/finding.ts';
import { processesOf, readFinding, severityOf } from '../findings/read-finding.ts';
import { toolCallOf, toolCallWords } from '../findings/tool-call.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import type { Note, Tone } from './paint.ts';
import type { Below, StepStory, Story } from './story.ts';
import { visible } from './text.ts';
import { counted } from './units.ts';

/** A finding's span with where it stands. */
interface Placed {
  readonly span: FinishedSpan;
  readonly step: StepStory | null;
}

/** The findings of a job as they are sent and written, the worst first. */
export function findingsOf(story: Story, resource: Attributes): Finding[] {
  const placed = [...below(story.outside, null), ...story.steps.flatMap(ofStep)];
  return placed
    .map(({ span, step }) => readFinding(span, { step: step?.span ?? null, job: story.job, resource }))
    .sort(byWorst);
}

/** All finding spans below a step, without those of nested steps. */
function findingsBelow(from: Below): FinishedSpan[] {
  return [...from.findings, ...from.processes.flatMap(findingsBelow)].sort(
    (one, other) => severities.indexOf(severityOf(other)) - severities.indexOf(severityOf(one)),
  );
}

/** `▲ High  Git hook changed: tee → .git/hooks/pre-commit`; only what somebody should look at gets a line. */
export function findingLines(
  from: Below,
): { readonly span: FinishedSpan; readonly label: string; readonly tone: Tone }[] {
  const spans = findingsBelow(from).filter((span) => isAtLeast(severityOf(span), 'Medium'));
  const lines = spans
    .slice(0, mostLines)
    .map((span) => ({ span, label: lineOf(span), tone: toneOf(severityOf(span)) }));
  const [next, ...others] = spans.slice(mostLines);
  if (next === undefined) return lines;
  return [...lines, { span: next, label: `▲ ${counted(others.length + 1, 'more finding')}`, tone: 'warning' }];
}

/** How bad the worst is of what a span itself caused; `null` where nobody needs to look. */
export function worstSeverity({ findings }: Pick<Below, 'findings'>): Severity | null {
  const [worst] = findings.map(severityOf).sort((one, other) => severities.indexOf(other) - severities.indexOf(one));
  return worst !== undefined && isAtLeast(worst, 'Medium') ? worst : null;
}

/** `2 findings (1 Critical)` */
export function findingWords(findings: readonly Finding[]): Note[] {
  const [worst] = findings;
  if (worst === undefined) return [];
  const equal = findings.filter(({ severity }) => severity === worst.severity).length;
  const text = `${counted(findings.length, 'finding')} (${equal} ${worst.severity})`;
  return [{ tone: isAtLeast(worst.severity, 'Medium') ? toneOf(worst.severity) : 'plain', text }];
}

const mostLines = 4;

function lineOf({ attributes }: FinishedSpan): string {
  const by = processesOf(attributes).at(-1);
  const who = by === undefined ? '' : `${by} → `;
  const what = `${attributes['security_rule.description'] ?? attributes['security_rule.name']}: ${who}${attributes[findingSubject] ?? ''}`;
  const call = toolCallWords(toolCallOf(attributes));
  const under = call === '' ? '' : `, ${call}`;
  return visible(`▲ ${attributes[findingSeverity] ?? ''}  ${what}${under}   rule ${attributes['security_rule.name']}`);
}

export function toneOf(severity: Severity): Tone {
  return isAtLeast(severity, 'High') ? 'bad' : 'warning';
}

function ofStep(step: StepStory): Placed[] {
  return [...below(step, step), ...step.steps.flatMap(ofStep)];
}

function below(from: Below, step: StepStory | null): Placed[] {
  return findingsBelow(from).map((span) => ({ span, step }));
}

function byWorst(one: Finding, other: Finding): number {
  const worse = severities.indexOf(other.severity) - severities.indexOf(one.severity);
  return worse || (one.time < other.time ? -1 : Number(one.time > other.time));
}
