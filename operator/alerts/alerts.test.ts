import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import { Registry } from 'prom-client';
import type { Alert } from '../../crds/alert.ts';
import { severities } from '../../crds/finding.ts';
import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { createManualClock, settle } from '../runtime/testing/clocks.ts';
import { silentLog } from '../runtime/testing/observers.ts';
import { type AlertsOptions, createAlerts } from './alerts.ts';
import { createFindingEvents } from './finding-events.ts';
import { createFindingMetrics } from './metrics.ts';
import { anAlert, aPod } from './testing/alerts.ts';
import { aFinding } from './testing/findings.ts';

/** Alerts whose one sink and whose Events only take notes. */
function rig(changes: Partial<AlertsOptions> = {}, clock: Clock = createManualClock()) {
  const offered: Alert[] = [];
  const counted: string[] = [];
  const sink = { offer: (alert: Alert) => void offered.push(alert), stop: async () => {}, idle: async () => {} };
  const alerts = createAlerts({
    readPod: async () => aPod,
    events: { tellOnPod: async () => true, tellOnPolicy: async () => {}, note: async () => {} },
    counts: { add: (_policy, { id }) => void counted.push(id), stop: async () => {} },
    policy: (namespace, name) => ({ namespace, name, uid: 'policy-uid', sinks: [] }),
    clusterSinks: [{ sink, minSeverity: 'Info' }],
    labels: {},
    metrics: createFindingMetrics(new Registry()),
    clock,
    log: silentLog,
    ...changes,
  });
  return { alerts, offered, counted };
}

const idsOf = (offered: readonly Alert[]) => offered.map(({ finding }) => finding.id);

describe('a finding', () => {
  test('of a pod that the API server cannot be asked about is to be sent again, and is then told', async () => {
    let isAway = true;
    const readPod = async () => {
      if (isAway) throw new KubeError('kube-unreachable', 'away');
      return aPod;
    };
    const { alerts, offered } = rig({ readPod });
    await assert.rejects(alerts.take(aPod, [aFinding()]), { status: 503, code: 'pod-unread' });
    isAway = false;
    await alerts.take(aPod, [aFinding()]);
    await alerts.settle();
    assert.deepEqual(idsOf(offered), [aFinding().id]);
  });

  test('of a pod that the API server does not say anything about in time is to be sent again', async () => {
    const clock = createManualClock();
    const { alerts } = rig({ readPod: () => new Promise(() => {}) }, clock);
    const refused = assert.rejects(alerts.take(aPod, [aFinding()]), { status: 503, retryAfterSeconds: 2 });
    await clock.advance(3_000);
    await refused;
    assert.equal(clock.pending(), 0);
  });

  test('that another replica has told already goes to no sink and counts on no policy', async () => {
    const events = { tellOnPod: async () => false, tellOnPolicy: async () => {}, note: async () => {} };
    const { alerts, offered, counted } = rig({ events });
    await alerts.take(aPod, [aFinding()]);
    await alerts.settle();
    assert.deepEqual([offered, counted], [[], []]);
  });

  test('that is Critical is told after any number of others, which are counted', async () => {
    const { alerts, offered, counted } = rig();
    const noise = Array.from({ length: 60 }, (_, n) => aFinding(n + 1, { severity: 'Medium' }));
    for (const finding of [...noise, aFinding(100)]) await alerts.take(aPod, [finding]);
    await settle();
    assert.equal(offered.length, 21);
    assert.equal(idsOf(offered).at(-1), aFinding(100).id);
    assert.equal(counted.length, 61);
  });

  test('whatever comes how often, is offered once, and no more of a severity than the budget', async () => {
    const one = fastCheck.record({ id: fastCheck.nat(80), severity: fastCheck.constantFrom(...severities) });
    await fastCheck.assert(
      fastCheck.asyncProperty(
        fastCheck.array(fastCheck.array(one, { maxLength: 64 }), { maxLength: 20 }),
        async (batches) => {
          const { alerts, offered } = rig();
          for (const batch of batches) {
            await alerts.take(
              aPod,
              batch.map(({ id, severity }) => aFinding(id + 1, { severity })),
            );
          }
          await settle();
          const ids = idsOf(offered);
          assert.equal(new Set(ids).size, ids.length);
          for (const severity of severities) {
            assert.ok(offered.filter(({ finding }) => finding.severity === severity).length <= 20);
          }
        },
      ),
    );
  });
});

describe('findings that come together', () => {
  /** All of Kubernetes hangs. */
  const hanging = () => {
    const clock = createManualClock();
    const client = { create: () => new Promise(() => {}) } as unknown as KubeClient;
    const metrics = createFindingMetrics(new Registry());
    const events = createFindingEvents({ client, clock, log: silentLog, metrics, instance: 'gateway-1' });
    return { clock, ...rig({ events }, clock) };
  };

  test('wait for an API server that does not answer once, not one after the other', async () => {
    const { alerts, offered, clock } = hanging();
    await alerts.take(
      aPod,
      Array.from({ length: 20 }, (_, n) => aFinding(n + 1)),
    );
    await clock.advance(3_000);
    assert.equal(offered.length, 20);
  });

  test('are told the worst first', async () => {
    const { alerts, offered } = rig();
    const order = ['Low', 'Critical', 'Medium', 'Critical', 'High'] as const;
    await alerts.take(
      aPod,
      order.map((severity, n) => aFinding(n + 1, { severity })),
    );
    await settle();
    assert.deepEqual(
      offered.map(({ finding }) => Number(finding.id)),
      [2, 4, 5, 3, 1],
    );
  });
});

describe('what is suppressed', () => {
  test('is told of after ten seconds, then every five minutes, with the worst of it', async () => {
    const clock = createManualClock();
    const { alerts, offered } = rig({}, clock);
    const many = (from: number, severity: 'Low' | 'High') =>
      Array.from({ length: 25 }, (_, n) => aFinding(from + n, { severity }));
    const summaries = () => offered.filter(({ finding }) => finding.rule === 'findings-suppressed');
    await alerts.take(aPod, [...many(1, 'Low'), ...many(101, 'High')]);
    await clock.advance(10_000);
    assert.deepEqual(
      summaries().map(({ finding }) => [finding.severity, finding.count]),
      [['High', 10]],
    );
    assert.match(
      summaries()[0]?.text ?? '',
      /^High in octo\/web, job “build”: 10 further findings .*\. Pod ci\/runner-1 on node-1, under web\.$/,
    );
    await alerts.take(aPod, many(201, 'Low'));
    await clock.advance(299_999);
    assert.equal(summaries().length, 1);
    await clock.advance(1);
    assert.equal(summaries()[1]?.finding.severity, 'Low');
    await clock.advance(300_000);
    assert.deepEqual([summaries().length, clock.pending()], [2, 0]);
  });

  test('is told of when the gateway ends before', async () => {
    const clock = createManualClock();
    const { alerts, offered } = rig({}, clock);
    await alerts.take(
      aPod,
      Array.from({ length: 22 }, (_, n) => aFinding(n + 1)),
    );
    await alerts.settle();
    const summaries = offered.filter(({ finding }) => finding.rule === 'findings-suppressed');
    assert.deepEqual(
      summaries.map(({ finding }) => finding.count),
      [2],
    );
    assert.equal(clock.pending(), 0);
  });
});

describe('an Event', () => {
  function events(create: () => Promise<unknown>, clock: Clock = createManualClock()) {
    const client = { create } as unknown as KubeClient;
    const registry = new Registry();
    const metrics = createFindingMetrics(registry);
    return { registry, ...createFindingEvents({ client, clock, log: silentLog, metrics, instance: 'gateway-1' }) };
  }

  test('that the API server does not take in time does not hold the alert up', async () => {
    const clock = createManualClock();
    const { tellOnPod, registry } = events(() => new Promise(() => {}), clock);
    const told = tellOnPod(anAlert(), clock.now() + 3_000);
    await clock.advance(3_000);
    assert.equal(await told, true);
    assert.match(await registry.metrics(), /finding_events_total\{result="late"\} 1/);
  });

  test('that cannot be written does not keep the alert from its sinks', async () => {
    const { tellOnPod, registry } = events(() => Promise.reject(new KubeError('kube-status', 'no', { status: 403 })));
    assert.equal(await tellOnPod(anAlert(), 3_000), true);
    assert.match(await registry.metrics(), /finding_events_total\{result="failed"\} 1/);
  });

  test('on a policy is written within its budget', async () => {
    const { tellOnPolicy, registry } = events(async () => {});
    for (let n = 0; n < 40; n += 1) await tellOnPolicy(anAlert(), { namespace: 'ci', name: 'web', uid: 'u' });
    const served = await registry.metrics();
    assert.match(served, /finding_events_total\{result="written"\} 25/);
    assert.match(served, /finding_events_total\{result="suppressed"\} 15/);
  });
});
