import { dryRunAnnotation, injectionEnabled, injectionLabel } from '../../../crds/names.ts';
import { type DryRun, describeRefusal } from '../../injection/dry-run.ts';
import type { JsonPatchOperation } from '../../kube/client.ts';
import type { Namespace } from '../../kube/objects.ts';
import { jsonPointer } from '../json-pointer.ts';
import type { Notice } from '../recorder.ts';

/** What the API server said to one dry run: nothing against it, or its reason to refuse. */
export type Answer = { admitted: true } | { admitted: false; message: string };

/** What was found out: whether the namespace takes pods, and whether it takes them with a sensor. */
export interface Findings {
  bare: Answer;
  withSensor: Answer;
}

/** Of the API server's words, in the annotation and in messages. */
const MESSAGE_LIMIT = 1000;
/** How soon a namespace that takes the sensor is tried again: quotas and other admission change unseen. */
const ADMITTED_MS = 300_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

/** Whether new pods of the namespace are to get a sensor, so that it has to be known whether they may. */
export function isChosen({ metadata }: Namespace): boolean {
  return metadata.labels?.[injectionLabel] === injectionEnabled && metadata.deletionTimestamp === undefined;
}

/**
 * The record after a dry run; the same object when it says the same. Where pods are refused with and without a sensor, such as under a quota that is used up,
 * nothing was learned about the sensor: what was known stays. `now` is in milliseconds since 1970.
 */
export function nextRecord(before: DryRun | undefined, { bare, withSensor }: Findings, now: number): DryRun {
  const next = judge(bare, withSensor);
  if (before !== undefined && next.outcome === 'undecided' && before.outcome !== 'undecided') return before;
  if (before?.outcome !== next.outcome) return { ...next, since: new Date(now).toISOString() };
  return before.message === next.message ? before : { ...next, since: before.since };
}

function judge(bare: Answer, withSensor: Answer): Omit<DryRun, 'since'> {
  if (withSensor.admitted) return { outcome: 'admitted', message: '' };
  const message = withSensor.message.slice(0, MESSAGE_LIMIT);
  return { outcome: bare.admitted ? 'refused' : 'undecided', message };
}

/** The patch that puts the record onto the namespace; empty when it stands there already. */
export function recordPatch({ metadata }: Namespace, record: DryRun): JsonPatchOperation[] {
  const path = jsonPointer('metadata', 'annotations', dryRunAnnotation);
  const value = JSON.stringify(record);
  if (metadata.annotations?.[dryRunAnnotation] === value) return [];
  return metadata.annotations === undefined
    ? [{ op: 'add', path: jsonPointer('metadata', 'annotations'), value: { [dryRunAnnotation]: value } }]
    : [{ op: 'add', path, value }];
}

/** When to try again: soon at first, since the namespace may be a new one, and less often the longer it stays as it is. */
export function retryAfterMs({ outcome, since }: DryRun, now: number): number {
  if (outcome === 'admitted') return ADMITTED_MS;
  return Math.min(Math.max(now - Date.parse(since), SHORTEST_MS), LONGEST_MS);
}

/** What its users should know of a namespace; undefined when all is well. */
export function noticeOf(record: DryRun): Notice | undefined {
  if (record.outcome === 'admitted') return undefined;
  return { type: 'Warning', reason: 'SensorNotAdmitted', action: 'DryRun', note: describeRefusal(record) };
}
