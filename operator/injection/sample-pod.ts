import type { JsonObject } from '../../crds/canonical-json.ts';
import { sampleLabel } from '../../crds/names.ts';
import { runnerContainer } from './diag-mount.ts';
import { injectedPod } from './inject-pod.ts';
import type { InjectionPlan, RawPod } from './injection-plan.ts';

/** Quotas may ask every container to name what it needs. Small enough for any quota with room for a runner. */
const named: JsonObject = {
  requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' },
  limits: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' },
};

/**
 * Pods without a sensor that a namespace should take, for dry runs: one that leaves its resources to the namespace's LimitRange, and one that names them.
 * Both keep to Pod Security's level `restricted`, so that what is refused of them is not refused for the sensor.
 */
export function bareSamples(namespace: string): RawPod[] {
  return [samplePod(namespace, {}), samplePod(namespace, named)];
}

/** The sample as the webhook would make it. */
export function withSensor(sample: RawPod, plan: InjectionPlan): RawPod {
  return injectedPod(sample, plan);
}

function samplePod(namespace: string, resources: JsonObject): RawPod {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'chaperone-sample', namespace, labels: { [sampleLabel]: 'true' } },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: runnerContainer, image: 'registry.example.com/sample:1', resources, securityContext }],
    },
  };
}
