import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agentTelemetryEnvironment } from '../../crds/agent-telemetry.ts';
import type { JsonObject } from '../../crds/canonical-json.ts';
import { applyPatch } from './fixtures/apply-patch.ts';
import { plan } from './fixtures/plans.ts';
import { pods } from './fixtures/pods.ts';
import { injectPod } from './inject-pod.ts';
import type { InjectionPlan, RawPod } from './injection-plan.ts';
import { objectAt, objectsAt } from './raw-pod.ts';

const name = fc.constantFrom('runner', 'main', 'a/b', 'c~d');
const anyContainer = fc.record(
  {
    name,
    image: fc.string(),
    unknownField: fc.jsonValue(),
    volumeMounts: fc.constant([{ name: 'work', mountPath: '/work' }]),
  },
  { requiredKeys: ['name'] },
);
const anyPod = fc
  .record(
    {
      metadata: fc.record(
        {
          generateName: fc.string(),
          labels: fc.dictionary(name, fc.string()),
          annotations: fc.dictionary(name, fc.string()),
          unknownField: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      spec: fc.record(
        {
          containers: fc.uniqueArray(anyContainer, { selector: (container) => container.name, minLength: 1 }),
          initContainers: fc.array(
            anyContainer.map((container) => ({ ...container, name: `init-${container.name}` })),
            { maxLength: 2 },
          ),
          volumes: fc.constant([{ name: 'work', emptyDir: {}, unknownField: 1 }]),
          unknownField: fc.jsonValue(),
        },
        { requiredKeys: ['containers'] },
      ),
      unknownField: fc.jsonValue(),
    },
    { requiredKeys: ['metadata', 'spec'] },
  )
  .map((pod): RawPod => JSON.parse(JSON.stringify(pod)));
const anyPlan = fc
  .record({
    diag: fc.boolean(),
    image: fc.constantFrom('a', 'b'),
    failureMode: fc.constantFrom('Open' as const, 'Closed' as const),
    asksAgents: fc.boolean(),
    fileWatch: fc.constantFrom('Auto' as const, 'Always' as const, 'Never' as const),
  })
  .map((part): InjectionPlan => ({ ...plan, ...part }));

test('a second injection changes nothing', () => {
  fc.assert(fc.property(anyPod, anyPlan, (pod, any) => assert.deepEqual(injectPod(inject(pod, any), any), [])));
});

test('what others moved or added does not bring a second injection', () => {
  const stranger = { name: 'stranger', image: 'a' };
  fc.assert(
    fc.property(anyPod, anyPlan, (pod, any) => {
      const injected = inject(pod, any);
      const spec = objectAt(injected, 'spec');
      const moved = {
        ...injected,
        metadata: {
          ...objectAt(injected, 'metadata'),
          labels: { ...objectAt(objectAt(injected, 'metadata'), 'labels'), stranger: '' },
        },
        spec: {
          ...spec,
          initContainers: [...objectsAt(spec, 'initContainers'), stranger],
          containers: [...objectsAt(spec, 'containers').toReversed(), stranger],
          volumes: [{ name: 'stranger', emptyDir: {} }, ...objectsAt(spec, 'volumes').toReversed()],
        },
      };
      assert.deepEqual(injectPod(moved, any), []);
    }),
  );
});

test('what another put before the sensor stands behind it after a second look', () => {
  const stranger = { name: 'stranger', image: 'a' };
  fc.assert(
    fc.property(anyPod, anyPlan, (pod, any) => {
      const injected = inject(pod, any);
      const spec = objectAt(injected, 'spec');
      const initContainers = objectsAt(spec, 'initContainers');
      const [sensor, ...others] = initContainers;
      const moved = { ...injected, spec: { ...spec, initContainers: [stranger, ...initContainers] } };
      const again = objectsAt(objectAt(inject(moved, any), 'spec'), 'initContainers');
      assert.deepEqual(again, [sensor, stranger, ...others]);
    }),
  );
});

test('without what was injected the pod is what it was', () => {
  fc.assert(
    fc.property(anyPod, anyPlan, (pod, any) =>
      assert.deepEqual(withoutInjection(inject(pod, any)), withoutInjection(pod)),
    ),
  );
});

test('another plan gives the same pod, whatever was injected before', () => {
  fc.assert(
    fc.property(anyPod, anyPlan, anyPlan, (pod, before, now) => {
      assert.deepEqual(sorted(inject(inject(pod, before), now)), sorted(inject(pod, now)));
    }),
  );
});

test('the sensor is the first init container', () => {
  for (const pod of Object.values(pods)) assert.equal(initContainers(inject(pod))[0]?.name, 'chaperone-sensor');
});

test('the sensor is told when to watch files', () => {
  const variable = (any: InjectionPlan) => {
    const [sensor] = initContainers(inject(pods['generate-name-only'] ?? {}, any));
    const variables = (sensor?.env ?? []) as { name: string; value?: string }[];
    return variables.find(({ name }) => name === 'CHAPERONE_WATCH_FILES');
  };
  for (const fileWatch of ['Auto', 'Always', 'Never'] as const)
    assert.equal(variable({ ...plan, fileWatch })?.value, fileWatch);
});

test('agents are asked in the container of the runner, else in all, and not over what the user set', () => {
  const asking = { ...plan, asksAgents: true };
  const set = (name: string, env: JsonObject[] = []) => ({ name, image: 'a', ...(env.length > 0 && { env }) });
  const variables = (containers: JsonObject[], spec: JsonObject = {}) =>
    objectsAt(objectAt(inject({ metadata: {}, spec: { containers, ...spec } }, asking), 'spec'), 'containers').map(
      ({ env }) => JSON.stringify(env ?? []).includes('http://127.0.0.1:14320'),
    );
  assert.deepEqual(variables([set('runner'), set('dind')]), [true, false]);
  assert.deepEqual(variables([set('build'), set('service')]), [true, true]);
  assert.deepEqual(variables([set('runner')], { hostNetwork: true }), [false]);
  const own = { name: 'BETA_TRACING_ENDPOINT', value: 'http://collector:4318' };
  const [container] = objectsAt(
    objectAt(inject({ metadata: {}, spec: { containers: [set('runner', [own])] } }, asking), 'spec'),
    'containers',
  );
  assert.deepEqual(
    objectsAt(container ?? {}, 'env').filter(({ name }) => name === own.name),
    [own],
  );
});

test('the patch only adds what is not there', () => {
  const patch = injectPod(pods['generate-name-only'] ?? {}, { ...plan, diag: false });
  assert.deepEqual(
    patch.map(({ op, path }) => `${op} ${path}`),
    ['add /metadata/labels', 'add /metadata/annotations', 'add /spec/initContainers', 'add /spec/volumes'],
  );
});

test('the stamped labels are those of the plan: a pod cannot bring its own', () => {
  const forged = { 'policy.chaperone.dev/wide': 'enforce', 'chaperone.dev/egress-default': 'deny', team: 'web' };
  const injected = inject({
    metadata: { labels: forged, annotations: { 'chaperone.dev/sensor-status': '{"armed":true}' } },
    spec: {},
  });
  assert.deepEqual(objectAt(objectAt(injected, 'metadata'), 'labels'), { team: 'web', ...plan.labels });
  assert.equal(objectAt(objectAt(injected, 'metadata'), 'annotations')['chaperone.dev/sensor-status'], undefined);
});

const tampering: [string, (sensor: JsonObject) => JsonObject][] = [
  ['another image', (sensor) => ({ ...sensor, image: 'registry.example.com/other' })],
  ['arguments', (sensor) => ({ ...sensor, args: ['--help'] })],
  [
    'a variable',
    (sensor) => ({
      ...sensor,
      env: [...objectsAt(sensor, 'env'), { name: 'NODE_OPTIONS', value: '--require=/tmp/a' }],
    }),
  ],
  ['no hook', ({ lifecycle: _, ...sensor }) => sensor],
  [
    'another mount',
    (sensor) => ({
      ...sensor,
      volumeMounts: [...objectsAt(sensor, 'volumeMounts'), { name: 'work', mountPath: '/chaperone' }],
    }),
  ],
];

for (const [what, tamper] of tampering) {
  test(`a sensor with ${what} is written anew`, () => {
    const injected = inject(pods.arc ?? {});
    assert.deepEqual(inject(withSensor(injected, tamper)), injected);
  });
}

test('a sensor that was sized, or given the token of the pod, is left alone', () => {
  const token = {
    name: 'kube-api-access-x',
    mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    readOnly: true,
  };
  const grown = withSensor(inject(pods.arc ?? {}), (sensor) => ({
    ...sensor,
    resources: { requests: { cpu: '1' } },
    volumeMounts: [...objectsAt(sensor, 'volumeMounts'), token],
  }));
  assert.deepEqual(injectPod(grown, plan), []);
});

test('the log of a runner is on a volume that the sensor reads', () => {
  const injected = inject(pods.arc ?? {});
  assert.deepEqual(containers(injected)[0]?.volumeMounts, [
    { name: 'chaperone-diag', mountPath: '/home/runner/_diag' },
  ]);
  assert.deepEqual(diagOfSensor(injected), { name: 'chaperone-diag', mountPath: '/diag', readOnly: true });
});

test('a volume that the user has for the log is used as it is', () => {
  const pod = pods['arc-with-its-own-diag'] ?? {};
  const injected = inject(pod);
  assert.deepEqual(containers(injected), containers(pod));
  assert.deepEqual(diagOfSensor(injected), { name: 'logs', subPath: 'a', mountPath: '/diag', readOnly: true });
});

test('a log at a path with variables is left to the runner', () => {
  assert.equal(diagOfSensor(inject(pods['arc-with-a-variable-diag'] ?? {})), undefined);
});

test('containers of other pods are not touched', () => {
  const pod = pods['non-root'] ?? {};
  assert.deepEqual(containers(inject(pod)), containers(pod));
});

test('a pod with a budget of its own gets a sensor without requests', () => {
  assert.deepEqual(initContainers(inject(pods['with-a-budget'] ?? {}))[0]?.resources, {});
});

function inject(pod: RawPod, any = plan): RawPod {
  return applyPatch(pod, injectPod(pod, any));
}

function containers(pod: RawPod): JsonObject[] {
  return objectsAt(objectAt(pod, 'spec'), 'containers');
}

function initContainers(pod: RawPod): JsonObject[] {
  return objectsAt(objectAt(pod, 'spec'), 'initContainers');
}

function diagOfSensor(pod: RawPod): JsonObject | undefined {
  return objectsAt(initContainers(pod)[0] ?? {}, 'volumeMounts').find(({ mountPath }) => mountPath === '/diag');
}

function withSensor(pod: RawPod, change: (sensor: JsonObject) => JsonObject): RawPod {
  const changed = initContainers(pod).map((container) =>
    container.name === 'chaperone-sensor' ? change(container) : container,
  );
  return { ...pod, spec: { ...objectAt(pod, 'spec'), initContainers: changed } };
}

/** Lists in an order of their own: a volume that is added later stands at the end. */
function sorted(pod: RawPod): RawPod {
  const spec = objectAt(pod, 'spec');
  const volumes = objectsAt(spec, 'volumes').toSorted((left, right) =>
    String(left.name) < String(right.name) ? -1 : 1,
  );
  const listed = containers(pod).map((container) => ({
    ...container,
    volumeMounts: objectsAt(container, 'volumeMounts'),
  }));
  return { ...pod, spec: { ...spec, volumes, containers: listed } };
}

/** Lists and maps that hold nothing but ours were not there before: both sides are compared with all of them. */
const asked = agentTelemetryEnvironment('');

function withoutInjection(pod: RawPod): RawPod {
  const metadata = objectAt(pod, 'metadata');
  const spec = objectAt(pod, 'spec');
  const isOurs = (item: JsonObject) => String(item.name).startsWith('chaperone-');
  const withoutKeys = (source: JsonObject) =>
    Object.fromEntries(Object.entries(source).filter(([key]) => !key.includes('chaperone.dev/')));
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels: withoutKeys(objectAt(metadata, 'labels')),
      annotations: withoutKeys(objectAt(metadata, 'annotations')),
    },
    spec: {
      ...spec,
      initContainers: objectsAt(spec, 'initContainers').filter((item) => !isOurs(item)),
      containers: objectsAt(spec, 'containers').map((item) => ({
        ...item,
        env: objectsAt(item, 'env').filter(({ name }) => !(String(name) in asked)),
        volumeMounts: objectsAt(item, 'volumeMounts').filter((mount) => !isOurs(mount)),
      })),
      volumes: objectsAt(spec, 'volumes').filter((item) => !isOurs(item)),
    },
  };
}
