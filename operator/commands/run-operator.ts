import { randomUUID } from 'node:crypto';
import { gatewayPort } from '../../crds/names.ts';
import { signPolicyImage } from '../../crds/policy-image.ts';
import { takeSnapshot } from '../admission-snapshot.ts';
import { type CertificateKeeper, type Credentials, createCertificateKeeper } from '../certificates/keeper.ts';
import type { OperatorConfig } from '../config.ts';
import { createDryRunController } from '../controllers/dry-run/controller.ts';
import { createImageReader } from '../controllers/held-image.ts';
import { createLastWordsController } from '../controllers/last-words/controller.ts';
import { createPostLastWords, type GatewayAccess } from '../controllers/last-words/post.ts';
import { createNamespaceController } from '../controllers/namespace/controller.ts';
import { createBarePodsReader } from '../controllers/policy/bare-pods.ts';
import { createPolicyController } from '../controllers/policy/controller.ts';
import { createPolicyBook, type PolicyBook } from '../controllers/policy/policy-book.ts';
import { createRecorder } from '../controllers/recorder.ts';
import { createRunnerController } from '../controllers/runner/controller.ts';
import { createWebhookConfigController } from '../controllers/webhook-config/controller.ts';
import { logHealed } from '../kube/log-healed.ts';
import { createLease } from '../runtime/lease.ts';
import { createManager } from '../runtime/manager.ts';
import type { Runnable } from '../runtime/runnable.ts';
import { createStores, haveSynced, type Stores } from '../stores.ts';
import { createHealthServer } from '../telemetry/health.ts';
import { startTracing, type Trace } from '../telemetry/tracing.ts';
import { type AdmissionSnapshot, decideAdmission, exemptNamespaces, planWithoutPolicy } from '../webhook/decide.ts';
import { createWebhookServer, type WebhookServer } from '../webhook/server.ts';
import { type Environment, everyAddress, openEnvironment, type ProcessContext } from './environment.ts';
import { runManager } from './run-manager.ts';

/** The name of the Lease that makes one replica the leader. */
export const operatorLease = 'chaperone-operator';

/** Runs the operator until it is asked to end: webhook on every replica, controllers on the leader. */
export async function runOperator(config: OperatorConfig, context: ProcessContext): Promise<void> {
  const environment = openEnvironment(config, context);
  const tracing = await startTracing({
    endpoint: config.tracesEndpoint,
    serviceName: 'chaperone-operator',
    instance: config.podName,
  });
  try {
    const manager = assemble(config, environment, tracing.trace);
    await runManager(manager, context.log, context.signal);
  } finally {
    await tracing.stop();
    await environment.transport.close();
  }
}

/** The parts of the operator and what they share. */
interface Assembly {
  config: OperatorConfig;
  environment: Environment;
  trace: Trace;
  stores: Stores;
  book: PolicyBook;
  keeper: CertificateKeeper;
}

function assemble(config: OperatorConfig, environment: Environment, trace: Trace) {
  const { clock, log, random, metrics, transport, client } = environment;
  const { stores, caches } = createStores({
    transport,
    clock,
    random,
    onError: logHealed(log),
    webhookConfiguration: config.webhook.configuration,
  });
  const services = { webhook: config.webhook.service, gateway: config.gateway.service };
  const keeper = createCertificateKeeper({ client, clock, log, namespace: config.namespace, services });
  const assembly: Assembly = { config, environment, trace, stores, book: createPolicyBook(stores.policies), keeper };
  const webhook = createWebhookPart(assembly);
  const health = createHealthServer({
    port: config.httpPort,
    host: everyAddress(),
    registry: metrics.registry,
    checks: [{ name: 'caches', isReady: () => haveSynced(stores) }, webhook],
  });
  return createManager({
    clock,
    log,
    parts: [health, caches, createKeeperPart(keeper), webhook],
    leading: createControllers(assembly),
    ...(config.leaderElection ? { lease: createOperatorLease(config, environment) } : {}),
  });
}

function createOperatorLease({ namespace, podName }: OperatorConfig, environment: Environment) {
  return createLease({
    ...environment,
    namespace,
    name: operatorLease,
    identity: `${podName}_${randomUUID()}`,
    observe: (isLeader) => environment.metrics.observeLeadership(operatorLease, isLeader),
  });
}

function createKeeperPart(keeper: CertificateKeeper): Runnable {
  const stopping = new AbortController();
  return {
    name: 'certificates',
    start: async () => void (await keeper.start(stopping.signal)),
    async stop() {
      stopping.abort(new Error('the operator ends'));
      await keeper.stop();
    },
  };
}

/** The webhook starts with the first certificate, and takes every later one. */
function createWebhookPart(assembly: Assembly): Runnable & { isReady(): Promise<boolean> } {
  const { config, environment, keeper, trace } = assembly;
  let server: WebhookServer | undefined;
  return {
    name: 'webhook',
    isReady: async () => (await server?.isReady()) ?? false,
    async start() {
      const opened = createWebhookServer({
        certificate: credentialsOf(keeper).webhook,
        decide: (request) =>
          trace('admit', { 'k8s.namespace.name': request.namespace }, () =>
            decideAdmission(request, takeSnapshot(snapshotSources(assembly))),
          ),
        registry: environment.metrics.registry,
        log: environment.log,
        clock: environment.clock,
        drainMs: config.webhook.drainMs,
      });
      server = opened;
      keeper.onChange(({ webhook }) => opened.setCertificate(webhook));
      await opened.listen(config.webhook.port, everyAddress());
    },
    stop: async () => server?.close(),
  };
}

function snapshotSources(assembly: Assembly): Parameters<typeof takeSnapshot>[0] {
  const { config, environment, stores, book, keeper } = assembly;
  const { signing } = credentialsOf(keeper);
  return {
    stores,
    book,
    ownNamespace: config.namespace,
    sign: (image) => signPolicyImage(image, signing.privateKey),
    injection: injectionOf(assembly),
    now: environment.clock.now(),
  };
}

function injectionOf({ config, keeper }: Assembly): AdmissionSnapshot['injection'] {
  const { bundle, signing } = credentialsOf(keeper);
  const { namespace, sensor, gateway } = config;
  return {
    ...sensor,
    gatewayUrl: gatewayUrlOf({ namespace, gateway }),
    gatewayCa: bundle,
    publicKey: signing.publicKey,
  };
}

function gatewayUrlOf({ namespace, gateway }: Pick<OperatorConfig, 'namespace' | 'gateway'>): string {
  return `https://${gateway.service}.${namespace}.svc:${gatewayPort}`;
}

/** @throws Error before the keeper has started, which the order of the parts rules out */
function credentialsOf(keeper: CertificateKeeper): Credentials {
  const credentials = keeper.current();
  if (credentials === undefined) throw new Error('the certificates are used before they were made');
  return credentials;
}

function gatewayAccessOf({ config, keeper }: Assembly): GatewayAccess {
  const { tokenFile } = config.gateway;
  return { url: gatewayUrlOf(config), ca: () => credentialsOf(keeper).bundle, tokenFile };
}

function createControllers(assembly: Assembly): Runnable[] {
  const { config, environment, trace, stores, book, keeper } = assembly;
  const { client, clock, log, metrics } = environment;
  const recorder = createRecorder({ client, clock, log, instance: config.podName });
  const readImage = createImageReader(() => credentialsOf(keeper).signing.publicKey);
  const base = (name: string) => ({ client, stores, clock, log, observer: metrics.controller(name, trace) });
  const gateway = { namespace: config.namespace, podLabels: config.gateway.podLabels, port: gatewayPort };
  return [
    createWebhookConfigController({
      ...base('webhook-config'),
      name: config.webhook.configuration,
      bundle: () => credentialsOf(keeper).bundle,
      onBundleChange: (handler) => keeper.onChange(handler),
    }),
    createNamespaceController(base('namespace')),
    createDryRunController({
      ...base('dry-run'),
      exempt: exemptNamespaces(config.namespace),
      plan: (namespace) => planWithoutPolicy(namespace, takeSnapshot(snapshotSources(assembly))),
      recorder,
      admitted: metrics.sensorAdmitted,
    }),
    createPolicyController({
      ...base('agentpolicy'),
      sources: {
        client,
        stores,
        book,
        readImage,
        listBare: createBarePodsReader(client, clock),
        gateway,
        dns: config.dns,
      },
      hands: { client, recorder },
    }),
    createLastWordsController({
      ...base('last-words'),
      post: createPostLastWords(gatewayAccessOf(assembly)),
    }),
    createRunnerController({
      ...base('runner'),
      book,
      readImage,
      recorder,
      sign: (image) => signPolicyImage(image, credentialsOf(keeper).signing.privateKey),
    }),
  ];
}
