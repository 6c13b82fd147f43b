import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createObject, type KubeObject, kubectlInput } from '../kubectl.ts';

/** What one execution of the hooks ended with. */
export interface StepEnd {
  code: number;
  output: string;
}

/**
 * Does what the runner's container hooks do in ARC's kubernetes mode (runner-container-hooks 0.8, packages/k8s: prepare-job.ts, run-script-step.ts, utils.ts), which no registry
 * that the tests reach has: the same pod, the same entry script, the same execution.
 */
export function createHooks(namespace: string, runner: string) {
  const pod = `${runner}-workflow`;
  return {
    pod,
    /** The job's pod: one label, an idle container `job`, the work folder at `/__w`. */
    prepareJob: (): Promise<KubeObject> => createObject(jobPod(namespace, pod, runner)),
    /** Runs a script as one step with these variables, by an execution into the pod. */
    async runScriptStep(script: string, variables: Record<string, string>): Promise<StepEnd> {
      const [entry, body] = [`/__w/_temp/${randomUUID()}.sh`, `/__w/_temp/${randomUUID()}.sh`];
      await write(namespace, pod, body, script);
      await write(namespace, pod, entry, entryScript(body, variables));
      return await execute(namespace, pod, ['sh', '-e', entry]);
    },
  };
}

function jobPod(namespace: string, name: string, runner: string): KubeObject {
  const work = { name: 'work', mountPath: '/__w' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { 'runner-pod': runner } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'job',
          image: 'localhost/chaperone-runner:1',
          command: ['tail'],
          args: ['-f', '/dev/null'],
          env: [
            { name: 'GITHUB_ACTIONS', value: 'true' },
            { name: 'CI', value: 'true' },
          ],
          volumeMounts: [work],
        },
      ],
      volumes: [{ name: 'work', emptyDir: {} }],
    },
  };
}

/** As `writeEntryPointScript` writes it: the shell becomes `env`, and `env` the step's shell. */
function entryScript(body: string, variables: Record<string, string>): string {
  const assignments = Object.entries(variables).map(([name, value]) => `"${name}=${value}"`);
  return `#!/bin/sh -l\n\ncd /__w && exec env ${assignments.join(' ')}  sh -e ${body}\n`;
}

async function write(namespace: string, pod: string, path: string, text: string): Promise<void> {
  const command = `mkdir -p /__w/_temp && cat >${path}`;
  await kubectlInput(text, 'exec', '-i', '-n', namespace, pod, '-c', 'job', '--', 'sh', '-c', command);
}

function execute(namespace: string, pod: string, command: string[]): Promise<StepEnd> {
  return new Promise((resolve) => {
    execFile('kubectl', ['exec', '-n', namespace, pod, '-c', 'job', '--', ...command], (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout }),
    );
  });
}
