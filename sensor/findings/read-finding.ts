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

/** Where a finding's span stands. */
export interface FindingContext {
  /** `null`: it is of no step. */
  readonly step: FinishedSpan | null;
  readonly job: FinishedSpan;
  readonly resource: Attributes;
}

/** A finding as it is written and sent, from its span, live or recorded: a recorded one can hold anything. */
export function readFinding(span: FinishedSpan, { step, job, resource }: FindingContext): Finding {
  const { attributes } = span;
  const processes = processesOf(attributes);
  const repository = repositoryOf(resource);
  return {
    version: 1,
    id: span.spanId,
    rule: String(attributes['security_rule.name']),
    severity: severityOf(span),
    subject: { kind: kindOf(attributes), name: String(attributes[findingSubject] ?? 'unknown') },
    text: String(attributes[findingText] ?? span.name),
    time: new Date(Number(span.start / 1_000_000n)).toISOString(),
    count: Math.max(1, Number(attributes['chaperone.count'] ?? 1)),
    ...(processes.length === 0 ? {} : { processes }),
    ...(step === null ? {} : { step: { name: step.name, ordinal: Number(step.attributes[stepOrdinal] ?? 0) } }),
    job: jobOf(job),
    ...(repository === null ? {} : { repository }),
    evidence: { traceId: span.traceId, spanId: span.parentSpanId ?? span.spanId },
  };
}

export function severityOf({ attributes }: Pick<FinishedSpan, 'attributes'>): Severity {
  return severities.find((severity) => severity === attributes[findingSeverity]) ?? 'Medium';
}

export function processesOf(attributes: Attributes): string[] {
  const value = attributes[findingProcesses];
  return Array.isArray(value) ? value.map(String) : [];
}

function jobOf({ name, attributes }: FinishedSpan): Finding['job'] {
  const url = attributes['cicd.pipeline.task.run.url.full'];
  return typeof url === 'string' ? { name, url } : { name };
}

function repositoryOf(resource: Attributes): string | null {
  const name = resource['vcs.repository.name'];
  const owner = resource['vcs.owner.name'];
  if (typeof name !== 'string') return null;
  return typeof owner === 'string' ? `${owner}/${name}` : name;
}

function kindOf(attributes: Attributes): SubjectKind {
  return subjectKinds.find((kind) => kind === attributes[findingSubjectKind]) ?? 'process';
}
