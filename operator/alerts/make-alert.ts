import type { Alert } from '../../crds/alert.ts';
import type { Finding } from '../../crds/finding.ts';
import type { KnownPod } from './pod-facts.ts';
import { suppressedRule } from './suppressions.ts';

/** A finding of this pod as people are told of it. */
export function makeAlert(finding: Finding, pod: KnownPod, labels: Readonly<Record<string, string>>): Alert {
  const { namespace, name, uid, node, policies } = pod;
  return {
    version: 1,
    id: `${uid}.${finding.id}`,
    text: alertText(finding, pod),
    finding,
    pod: { namespace, name, uid, ...(node === '' ? {} : { node }) },
    ...(policies === undefined ? {} : { policies }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

/** How bad, where in the workflow, the finding's own sentence, and which pod under which policies. */
function alertText(finding: Finding, pod: KnownPod): string {
  const { rule, severity, text, count } = finding;
  const often = count > 1 && rule !== suppressedRule ? ` Seen ${count} times.` : '';
  return `${severity} in ${whereOf(finding)}: ${text}${often} ${whoseOf(pod)}`;
}

function whereOf({ repository, job, step }: Finding): string {
  return [
    ...(repository === undefined ? [] : [repository]),
    `job “${job.name}”`,
    ...(step === undefined ? [] : [`step ${step.ordinal} “${step.name}”`]),
  ].join(', ');
}

function whoseOf({ namespace, name, node, policies = [] }: KnownPod): string {
  const place = node === '' ? '' : ` on ${node}`;
  const listed = policies.length === 0 ? '' : `, under ${policies.join(', ')}`;
  return `Pod ${namespace}/${name}${place}${listed}.`;
}
