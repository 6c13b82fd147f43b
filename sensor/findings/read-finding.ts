import {
  findingProcesses,
  findingSeverity,
  findingSubject,
  findingSubjectKind,
  findingText,
  stepOrdinal,
} from '../../crds/attributes.ts';
import { type Finding, type Severity, type SubjectKind, severities, subjectKinds } from '../../crds/finding.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { maxName, maxText } from '../spans/text.ts';
import { toolCallOf } from './tool-call.ts';

/** Where a finding's span stands. */
export interface FindingContext {
  /** `null`: it is of no step. */
  readonly step: Told | null;
  readonly job: Told;
  readonly resource: Attributes;
}

/** Beyond what spans are bounded by; the same stands in crds/finding-schema.ts. */
const maxSentence = 2_048;
const maxChain = 16;
const maxRepository = 256;

/** What a finding tells of a step or a job: of its span, or as much of that as is known. */
type Told = Pick<FinishedSpan, 'name' | 'attributes'>;

/** A finding as it is written and sent, from its span, live or recorded: a recorded one can hold anything. */
export function readFinding(span: FinishedSpan, { step, job, resource }: FindingContext): Finding {
  const { attributes } = span;
  const processes = processesOf(attributes);
  const toolCall = toolCallOf(attributes);
  const repository = repositoryOf(resource);
  return {
    version: 1,
    id: span.spanId,
    rule: String(attributes['security_rule.name']),
    severity: severityOf(span),
    subject: { kind: kindOf(attributes), name: bounded(attributes[findingSubject], maxText) },
    text: bounded(attributes[findingText] ?? span.name, maxSentence),
    time: new Date(Number(span.start / 1_000_000n)).toISOString(),
    count: Math.max(1, Number(attributes['chaperone.count'] ?? 1)),
    ...(toolCall === null ? {} : { toolCall }),
    ...(processes.length === 0 ? {} : { processes }),
    ...(step === null
      ? {}
      : { step: { name: bounded(step.name, maxName), ordinal: Number(step.attributes[stepOrdinal] ?? 0) } }),
    job: jobOf(job, resource),
    ...(repository === null ? {} : { repository }),
    evidence: { traceId: span.traceId, spanId: span.parentSpanId ?? span.spanId },
  };
}

export function severityOf({ attributes }: Pick<FinishedSpan, 'attributes'>): Severity {
  return severities.find((severity) => severity === attributes[findingSeverity]) ?? 'Medium';
}

export function processesOf(attributes: Attributes): string[] {
  const value = attributes[findingProcesses];
  return Array.isArray(value) ? value.map((name) => bounded(name, maxName)).slice(-maxChain) : [];
}

/** The job's own page, else the run's: which job of the run it is GitHub tells newer runners only. */
function jobOf({ name, attributes }: Told, resource: Attributes): Finding['job'] {
  const url = attributes['cicd.pipeline.task.run.url.full'] ?? resource['cicd.pipeline.run.url.full'];
  const known = { name: bounded(name, maxName) };
  return typeof url === 'string' && url !== '' && url.length <= maxText ? { ...known, url } : known;
}

function repositoryOf(resource: Attributes): string | null {
  const name = resource['vcs.repository.name'];
  const owner = resource['vcs.owner.name'];
  if (typeof name !== 'string') return null;
  return bounded(typeof owner === 'string' ? `${owner}/${name}` : name, maxRepository);
}

/** What replaces a secret can be longer than the secret. */
function bounded(value: unknown, most: number): string {
  const text = String(value ?? '');
  return (text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`) || 'unknown';
}

function kindOf(attributes: Attributes): SubjectKind {
  return subjectKinds.find((kind) => kind === attributes[findingSubjectKind]) ?? 'process';
}
