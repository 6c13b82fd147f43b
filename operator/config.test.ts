import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGatewayConfig, loadOperatorConfig, loadUninstallConfig } from './config.ts';

const inCluster = { KUBERNETES_SERVICE_HOST: '198.51.100.1', CHAPERONE_SENSOR_IMAGE: 'example.com/sensor:1' };

test('Variables that are not set, or set to nothing, have defaults', () => {
  const config = loadOperatorConfig({ ...inCluster, CHAPERONE_TRACES_ENDPOINT: '', CHAPERONE_HTTP_PORT: '' });
  assert.deepEqual([config.tracesEndpoint, config.httpPort, config.namespace], [undefined, 8080, 'chaperone-system']);
  assert.deepEqual(config.gateway.podLabels, {
    'app.kubernetes.io/name': 'chaperone',
    'app.kubernetes.io/component': 'gateway',
  });
  assert.deepEqual(config.sensor.resources.limits, { memory: '128Mi' });
});

test('Labels, quantities and durations are read', () => {
  const config = loadOperatorConfig({
    ...inCluster,
    CHAPERONE_DNS_POD_LABELS: 'k8s-app=coredns,tier=',
    CHAPERONE_SENSOR_RESOURCES: '{"limits":{"memory":"256Mi"}}',
    CHAPERONE_DRAIN_SECONDS: '2.5',
    CHAPERONE_LEADER_ELECTION: 'false',
  });
  assert.deepEqual(config.dns.podLabels, { 'k8s-app': 'coredns', tier: '' });
  assert.deepEqual(config.sensor.resources, { limits: { memory: '256Mi' } });
  assert.deepEqual([config.webhook.drainMs, config.leaderElection], [2500, false]);
});

test('An address block with bits behind its prefix is refused with what to write', () => {
  const environment = (block: string) => ({
    ...inCluster,
    CHAPERONE_OTLP_ENDPOINT: 'http://collector:4318',
    CHAPERONE_ALERTS: JSON.stringify({ policySinks: { allowedCidrs: [block] } }),
  });
  assert.throws(() => loadGatewayConfig(environment('10.0.0.5/8')), {
    message: /10\.0\.0\.5\/8 has bits .*: write the first/,
  });
  assert.throws(() => loadGatewayConfig(environment('all')), { message: /write an address block such as/ });
  assert.deepEqual(loadGatewayConfig(environment('10.0.0.0/8')).alerts.policySinks.allowedCidrs, ['10.0.0.0/8']);
});

test('All faults are told at once, by the names of the variables', () => {
  assert.throws(
    () =>
      loadOperatorConfig({
        CHAPERONE_WEBHOOK_PORT: 'https',
        CHAPERONE_LEADER_ELECTION: 'maybe',
        CHAPERONE_SENSOR_RESOURCES: '{',
        CHAPERONE_DNS_POD_LABELS: 'kube dns',
      }),
    (error: Error) =>
      ['WEBHOOK_PORT', 'LEADER_ELECTION', 'SENSOR_RESOURCES', 'DNS_POD_LABELS', 'SENSOR_IMAGE', 'KUBECONFIG'].every(
        (name) => error.message.includes(name),
      ),
  );
});

test('The gateway needs a back end', () => {
  assert.throws(() => loadGatewayConfig(inCluster), /CHAPERONE_OTLP_ENDPOINT/);
  assert.throws(
    () => loadGatewayConfig({ ...inCluster, CHAPERONE_OTLP_ENDPOINT: 'collector:4318' }),
    /write an address/,
  );
});

test('A configuration cannot be changed', () => {
  const config = loadUninstallConfig(inCluster);
  assert.equal(config.waitMs, 60_000);
  assert.throws(() => Object.assign(config, { waitMs: 0 }), TypeError);
});
