import * as ours from '../../../crds/attributes.ts';
import type { Row } from './row.ts';

/** The resource, one a job. */
export const ofResources: readonly Row[] = [
  ['service.name', 'resource', 'string', 'the repository; of a command its folder, of a pod without one the pod'],
  ['service.namespace', 'resource', 'string', "the repository's owner"],
  ['cicd.pipeline.name', 'resource', 'string', 'the workflow'],
  ['cicd.pipeline.run.id', 'resource', 'string', "GitHub's id of the run"],
  ['cicd.pipeline.run.url.full', 'resource', 'string', 'its page'],
  ['cicd.worker.name', 'resource', 'string', 'the runner'],
  ['vcs.provider.name', 'resource', 'string', '`github`'],
  ['vcs.owner.name', 'resource', 'string', "the repository's owner"],
  ['vcs.repository.name', 'resource', 'string', 'the repository'],
  ['vcs.repository.url.full', 'resource', 'string', 'its address'],
  ['vcs.ref.head.name', 'resource', 'string', 'the branch or tag'],
  ['vcs.ref.head.type', 'resource', 'string', '`branch` or `tag`'],
  ['vcs.ref.head.revision', 'resource', 'string', 'the commit'],
  ['vcs.change.id', 'resource', 'string', 'the number of the pull request'],
  ['k8s.namespace.name', 'resource', 'string', "the pod's namespace; set by the gateway, as the other three"],
  ['k8s.pod.name', 'resource', 'string', 'the pod'],
  ['k8s.pod.uid', 'resource', 'string', 'its uid'],
  ['k8s.node.name', 'resource', 'string', 'its node'],
  [ours.sensorVersion, 'resource', 'string', "the sensor's release"],
  [ours.sensorArmed, 'resource', 'boolean', 'every hook was proved by effect before the job began'],
  [ours.sensorTier, 'resource', 'string', 'what this kernel lets the sensor see: see `chaperone doctor`'],
  [ours.sensorReason, 'resource', 'string', 'why it is not armed, one sentence'],
];
