import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  awaitCondition,
  awaitPhase,
  conditionOf,
  createObject,
  get,
  type KubeObject,
  kubectl,
  list,
  logs,
} from '../kubectl.ts';
import { plainPod } from '../plain-pod.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

describe('guarded: what would refuse the sensor is known before a job meets it, and what a job cannot undo', () => {
  const stage = setStage('guarded', import.meta.dirname, ['refusing', 'guarded']);
  let said: string;

  before(() =>
    stage.guard(async () => {
      await awaitCondition('guarded', 'agentpolicy/hold', 'Ready');
      await createObject(tokenPod());
      await awaitPhase('guarded', 'job', ['Succeeded', 'Failed']);
      said = await logs('guarded', 'job', 'runner');
    }),
  );

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));

  check('a quota that refuses the sensor is told by the policy and by an Event, in its own words', async () => {
    const { message } = await until('the namespace to have been tried', 60, async () => {
      const condition = conditionOf(await get('refusing', 'agentpolicy/watch'), 'SensorAdmitted');
      return condition?.reason === 'Refused' && condition;
    });
    assert.match(message, /must specify limits\.cpu.*chaperone-sensor/);
    await until('an Event that says so', 20, async () => {
      const events = await list('events.events.k8s.io', '-n', 'refusing');
      return events.some(({ reason, note }) => reason === 'SensorNotAdmitted' && /limits\.cpu/.test(note));
    });
  });

  check('its pods are made all the same, without a sensor', async () => {
    const { spec } = await createObject(smallPod('unseen'));
    assert.equal(spec.initContainers, undefined);
    await awaitPhase('refusing', 'unseen', ['Succeeded']);
  });

  check('once the quota is corrected, pods get their sensor without anybody asking', async () => {
    await kubectl('delete', 'resourcequota', '-n', 'refusing', 'cpu');
    await until('the namespace to be tried again', 90, async () => {
      const condition = conditionOf(await get('refusing', 'agentpolicy/watch'), 'SensorAdmitted');
      return condition?.status === 'True';
    });
    const { spec } = await createObject(smallPod('seen'));
    assert.equal(spec.initContainers[0].name, 'chaperone-sensor');
  });

  check("a job's token, which may change its pod, cannot take it from its policy or its sensor", () => {
    const lines = said
      .trim()
      .split('\n')
      .map((line) => line.trim());
    assert.deepEqual(lines, [
      'label: 200',
      'our label: 422 chaperone-pods',
      'our policy: 422 chaperone-pods',
      "the sensor's image: 422 chaperone-pods",
      'into the sensor: 422 chaperone-pods',
      'exec: 422 chaperone-exec',
    ]);
  });
});

/** A pod that the quota takes. */
function smallPod(name: string): KubeObject {
  const pod = plainPod('refusing', name, 'true');
  pod.spec.containers[0].resources = { limits: { cpu: '100m' } };
  return pod;
}

/** A job that tries with its own token what would free it. */
function tokenPod(): KubeObject {
  const pod = plainPod('guarded', 'job', attempts);
  pod.spec.automountServiceAccountToken = true;
  pod.spec.serviceAccountName = 'kube-mode';
  return pod;
}

const attempts = `
account=/var/run/secrets/kubernetes.io/serviceaccount
pod=https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/guarded/pods/$HOSTNAME
attempt() {
  code=$(curl -s -m 20 -o /tmp/answer -w '%{http_code}' --cacert $account/ca.crt -H "Authorization: Bearer $(cat $account/token)" "\${@:2}")
  # What is made well is answered with the pod, and so with this script.
  policy=$([ "$code" = 200 ] || grep -om1 "ValidatingAdmissionPolicy 'chaperone-[a-z]*" /tmp/answer | head -n1 | cut -d"'" -f2)
  echo "$1: $code $policy"
}
change() { attempt "$1" -X PATCH -H "Content-Type: application/strategic-merge-patch+json" -d "$2" "$pod\${3:-}"; }
change 'label' '{"metadata":{"labels":{"team":"red"}}}'
change 'our label' '{"metadata":{"labels":{"policy.chaperone.dev/hold":null}}}'
change 'our policy' '{"metadata":{"annotations":{"chaperone.dev/policy":"another"}}}'
change "the sensor's image" '{"spec":{"initContainers":[{"name":"chaperone-sensor","image":"localhost/chaperone-runner:1"}]}}'
change 'into the sensor' '{"spec":{"ephemeralContainers":[{"name":"debug","image":"localhost/chaperone-runner:1","targetContainerName":"chaperone-sensor"}]}}' /ephemeralcontainers
attempt 'exec' -X POST "$pod/exec?container=chaperone-sensor&command=true"
`;
