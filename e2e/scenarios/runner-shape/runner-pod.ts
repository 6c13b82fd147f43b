import type { KubeObject } from '../kubectl.ts';

export interface RunnerPod {
  namespace: string;
  /** Also the runner's name, as with the Actions Runner Controller. */
  name: string;
  /** The ConfigMap with the job's files. */
  job: string;
  variables: Record<string, string>;
  /** Default: the runner without coding agents. */
  image?: string;
}

/** A pod with the labels and conventions of the Actions Runner Controller's ephemeral runners. */
export function runnerPod({
  namespace,
  name,
  job,
  variables,
  image = 'localhost/chaperone-runner:1',
}: RunnerPod): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: {
        'actions-ephemeral-runner': 'True',
        'actions.github.com/scale-set-name': 'linux-x64',
        'actions.github.com/scale-set-namespace': namespace,
        'app.kubernetes.io/component': 'runner',
        'app.kubernetes.io/part-of': 'gha-runner-scale-set',
        'app.kubernetes.io/version': '0.14.2',
        'pod-template-hash': '5b7d9c6f4',
      },
      annotations: {
        'actions.github.com/runner-scale-set-name': 'linux-x64',
        'actions.github.com/runner-group-name': 'default',
      },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 20,
      securityContext: { fsGroup: 1001 },
      containers: [
        {
          name: 'runner',
          image,
          command: ['/home/runner/run.sh'],
          env: [
            { name: 'ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT', value: '1' },
            { name: 'RUNNER_JOB_FOLDER', value: '/job' },
            ...Object.entries(variables).map(([key, value]) => ({ name: key, value })),
          ],
          volumeMounts: [{ name: 'job', mountPath: '/job', readOnly: true }],
        },
      ],
      volumes: [{ name: 'job', configMap: { name: job } }],
    },
  };
}
