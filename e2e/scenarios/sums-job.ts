import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJobFolder } from '../engines/planner/job-folder.ts';
import { createObject, type KubeObject } from './kubectl.ts';
import { runnerPod } from './runner-shape/runner-pod.ts';
import { makeConfigMap } from './stage.ts';

const workflows = join(import.meta.dirname, '../engines/workflows');

/** Where the repository `sums` is checked out in the runner. */
export const workspace = '/home/runner/_work/sums/sums';

/** The runner's image that has coding agents; `e2e/cluster/load agents` brings it into the cluster. */
export const withAgents = 'localhost/chaperone-agents:1';

export interface SumsJob {
  namespace: string;
  /** The runner's name. */
  pod: string;
  /** File name of a workflow of the repository `sums`, whose one job has the same name. */
  workflow: string;
  runId: string;
  /** The job's secrets. */
  secrets?: Record<string, string>;
  /** The runner container's environment. */
  variables?: Record<string, string>;
  image?: string;
  /** Actions beside the checkout: their folders below `e2e/engines/workflows/actions`, by `owner/name@ref`. */
  actions?: Record<string, string>;
  /** More files of the job's folder, which is `/job` in the pod. */
  files?: Record<string, string>;
}

/** The runner pod of a job of the repository `sums`, whose files lie in a ConfigMap of the pod's name. */
export async function makeSumsPod(scratch: string, job: SumsJob): Promise<KubeObject> {
  const { namespace, pod, workflow, runId, secrets = {}, variables = {}, image, files = {} } = job;
  const folder = join(scratch, pod);
  const actions = { 'actions/checkout@v4': 'checkout', ...job.actions };
  writeJobFolder(
    {
      repository: join(workflows, 'sums'),
      workflow: `${workflow}.yaml`,
      job: workflow,
      facts: { runId, runAttempt: '1', repository: 'octo/sums', runnerName: pod },
      actions: Object.fromEntries(
        Object.entries(actions).map(([reference, name]) => [reference, join(workflows, 'actions', name)]),
      ),
      secrets,
    },
    folder,
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await makeConfigMap(namespace, pod, folder);
  return runnerPod({ namespace, name: pod, job: pod, variables, ...(image !== undefined && { image }) });
}

export async function startSumsJob(scratch: string, job: SumsJob): Promise<void> {
  await createObject(await makeSumsPod(scratch, job));
}
