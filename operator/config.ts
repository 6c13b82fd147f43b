import { hostname } from 'node:os';
import * as z from 'zod';
import { hasNoHostBits, parseAddressBlock } from '../crds/address-block.ts';
import { ChaperoneError } from '../crds/errors.ts';
import { dnsLabel } from '../crds/field-rule.ts';
import { severities } from '../crds/finding.ts';
import { gatewayPort } from '../crds/names.ts';
import { sayFault } from '../crds/say-fault.ts';
import type { AlertsConfig } from './alerts/assemble.ts';
import { defaultSensorResources, type SensorResources } from './injection/injection-plan.ts';
import { clusterDns } from './network/network-facts.ts';

/** `name=value,name=value`, as label selectors are written. */
const labels = z
  .string()
  .regex(/^[^=,\s]+=[^=,\s]*(,[^=,\s]+=[^=,\s]*)*$/, 'write labels as name=value,name=value')
  .transform((text): Record<string, string> => Object.fromEntries(text.split(',').map((pair) => pair.split('='))));
const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().min(0).max(86_400);
const quantities = z.record(z.string(), z.string());
const resources = z
  .string()
  .transform(readJson)
  .pipe(z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }));
const baseUrl = z.url({ protocol: /^https?$/, error: 'write an address such as http://collector.example.com:4318' });

const common = {
  CHAPERONE_NAMESPACE: z.string().min(1).default('chaperone-system'),
  CHAPERONE_POD_NAME: z.string().min(1).default(hostname),
  CHAPERONE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  CHAPERONE_HTTP_PORT: port.default(8080),
  CHAPERONE_TRACES_ENDPOINT: baseUrl.optional(),
  KUBECONFIG: z.string().min(1).optional(),
};

const operator = z.object({
  ...common,
  CHAPERONE_WEBHOOK_PORT: port.default(9443),
  CHAPERONE_WEBHOOK_SERVICE: z.string().min(1).default('chaperone-webhook'),
  CHAPERONE_WEBHOOK_CONFIGURATION: z.string().min(1).default('chaperone'),
  CHAPERONE_GATEWAY_SERVICE: z.string().min(1).default('chaperone-gateway'),
  CHAPERONE_GATEWAY_TOKEN_FILE: z.string().min(1).default('/var/run/secrets/chaperone/token'),
  CHAPERONE_GATEWAY_POD_LABELS: labels.prefault('app.kubernetes.io/name=chaperone,app.kubernetes.io/component=gateway'),
  CHAPERONE_DNS_NAMESPACE: z.string().min(1).default(clusterDns.namespace),
  CHAPERONE_DNS_POD_LABELS: labels.default(clusterDns.podLabels),
  CHAPERONE_DNS_PORT: port.default(clusterDns.port),
  CHAPERONE_SENSOR_IMAGE: z.string({ error: 'write the image of the sensor' }).min(1),
  CHAPERONE_SENSOR_PULL_POLICY: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  CHAPERONE_SENSOR_RESOURCES: resources.default(defaultSensorResources),
  CHAPERONE_ARM_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(300).default(10),
  CHAPERONE_DRAIN_SECONDS: seconds.default(5),
  CHAPERONE_LEADER_ELECTION: z.stringbool().default(true),
});

const cidr = z.string().superRefine((text, context) => {
  const block = parseAddressBlock(text);
  if (block === null) context.addIssue('write an address block such as 10.1.2.0/24 or 2001:db8::/32');
  else if (!hasNoHostBits(block))
    context.addIssue(
      `${text} has bits set behind its prefix length: write the first address of the block, or /32 (IPv6: /128) for one address`,
    );
});
const mountedKey = z.strictObject({ file: z.string().min(1), secret: z.string().min(1), key: z.string().min(1) });
/** As the chart writes it. */
const alerts = z
  .string()
  .transform(readJson)
  .pipe(
    z.strictObject({
      minSeverity: z.enum(severities).default('Medium'),
      labels: z.record(z.string().min(1).max(63), z.string().max(256)).default({}),
      sinks: z
        .array(
          z.strictObject({
            name: dnsLabel,
            kind: z.enum(['webhook', 'slack']),
            url: mountedKey,
            signingKey: mountedKey.optional(),
            allowHttp: z.boolean().default(false),
          }),
        )
        .max(16)
        .default([]),
      policySinks: z
        .strictObject({
          enabled: z.boolean().default(true),
          allowHttp: z.boolean().default(false),
          allowedCidrs: z.array(cidr).max(64).default([]),
        })
        .prefault({}),
    }),
  );

const gateway = z.object({
  ...common,
  CHAPERONE_ALERTS: alerts.prefault('{}'),
  CHAPERONE_GATEWAY_PORT: port.default(gatewayPort),
  CHAPERONE_OTLP_ENDPOINT: baseUrl,
  CHAPERONE_OTLP_HEADERS_FILE: z.string().min(1).optional(),
});

const uninstall = z.object({
  ...common,
  CHAPERONE_WEBHOOK_CONFIGURATION: z.string().min(1).default('chaperone'),
  CHAPERONE_OPERATOR_DEPLOYMENT: z.string().min(1).default('chaperone-operator'),
  CHAPERONE_OPERATOR_POD_LABELS: labels.prefault(
    'app.kubernetes.io/name=chaperone,app.kubernetes.io/component=operator',
  ),
  CHAPERONE_UNINSTALL_WAIT_SECONDS: seconds.default(60),
});

/** What every command reads. */
export interface CommonConfig {
  /** The operator's own namespace. */
  namespace: string;
  /** The name of this replica. */
  podName: string;
  logLevel: string;
  /** Port of health and metrics, without TLS. */
  httpPort: number;
  /** Base address of an OTLP/HTTP receiver for our own traces; none are made without it. */
  tracesEndpoint: string | undefined;
  /** Path of a kubeconfig; the service account of the pod counts without one. */
  kubeconfig: string | undefined;
}

export interface OperatorConfig extends CommonConfig {
  webhook: { port: number; service: string; configuration: string; drainMs: number };
  /** `tokenFile`: the operator's own token for the gateway. */
  gateway: { service: string; podLabels: Record<string, string>; tokenFile: string };
  dns: { namespace: string; podLabels: Record<string, string>; port: number };
  sensor: {
    image: string;
    imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
    resources: SensorResources;
    armTimeoutSeconds: number;
  };
  leaderElection: boolean;
}

export interface GatewayConfig extends CommonConfig {
  port: number;
  otlpEndpoint: string;
  otlpHeadersFile: string | undefined;
  alerts: AlertsConfig;
}

export interface UninstallConfig extends CommonConfig {
  webhookConfiguration: string;
  operator: { deployment: string; podLabels: Record<string, string> };
  /** How long running jobs may take to end, milliseconds. */
  waitMs: number;
}

type Environment = Record<string, string | undefined>;

/** Reads the configuration of `operator`. @throws ChaperoneError `config-invalid` with every fault at once */
export function loadOperatorConfig(environment: Environment = process.env): Readonly<OperatorConfig> {
  const read = parse(operator, environment);
  return Object.freeze({
    ...commonOf(read),
    webhook: {
      port: read.CHAPERONE_WEBHOOK_PORT,
      service: read.CHAPERONE_WEBHOOK_SERVICE,
      configuration: read.CHAPERONE_WEBHOOK_CONFIGURATION,
      drainMs: read.CHAPERONE_DRAIN_SECONDS * 1000,
    },
    gateway: {
      service: read.CHAPERONE_GATEWAY_SERVICE,
      podLabels: read.CHAPERONE_GATEWAY_POD_LABELS,
      tokenFile: read.CHAPERONE_GATEWAY_TOKEN_FILE,
    },
    dns: {
      namespace: read.CHAPERONE_DNS_NAMESPACE,
      podLabels: read.CHAPERONE_DNS_POD_LABELS,
      port: read.CHAPERONE_DNS_PORT,
    },
    sensor: {
      image: read.CHAPERONE_SENSOR_IMAGE,
      imagePullPolicy: read.CHAPERONE_SENSOR_PULL_POLICY,
      resources: toResources(read.CHAPERONE_SENSOR_RESOURCES),
      armTimeoutSeconds: read.CHAPERONE_ARM_TIMEOUT_SECONDS,
    },
    leaderElection: read.CHAPERONE_LEADER_ELECTION,
  });
}

/** Reads the configuration of `gateway`. @throws ChaperoneError `config-invalid` with every fault at once */
export function loadGatewayConfig(environment: Environment = process.env): Readonly<GatewayConfig> {
  const read = parse(gateway, environment);
  return Object.freeze({
    ...commonOf(read),
    port: read.CHAPERONE_GATEWAY_PORT,
    otlpEndpoint: read.CHAPERONE_OTLP_ENDPOINT,
    otlpHeadersFile: read.CHAPERONE_OTLP_HEADERS_FILE,
    alerts: read.CHAPERONE_ALERTS,
  });
}

/** Reads the configuration of `uninstall`. @throws ChaperoneError `config-invalid` with every fault at once */
export function loadUninstallConfig(environment: Environment = process.env): Readonly<UninstallConfig> {
  const read = parse(uninstall, environment);
  return Object.freeze({
    ...commonOf(read),
    webhookConfiguration: read.CHAPERONE_WEBHOOK_CONFIGURATION,
    operator: { deployment: read.CHAPERONE_OPERATOR_DEPLOYMENT, podLabels: read.CHAPERONE_OPERATOR_POD_LABELS },
    waitMs: read.CHAPERONE_UNINSTALL_WAIT_SECONDS * 1000,
  });
}

/** A variable that is set to nothing counts as not set, as charts write optional ones. */
function parse<S extends z.ZodType>(schema: S, environment: Environment): z.output<S> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given, { error: sayFault });
  const faults = [
    ...(result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []),
    ...(given.KUBECONFIG === undefined && given.KUBERNETES_SERVICE_HOST === undefined
      ? ['KUBECONFIG: outside a cluster, write the path of a kubeconfig']
      : []),
  ];
  if (result.success && faults.length === 0) return result.data;
  throw new ChaperoneError('config-invalid', `The environment does not fit: ${faults.join('; ')}.`);
}

function commonOf(read: z.output<z.ZodObject<typeof common>>): CommonConfig {
  return {
    namespace: read.CHAPERONE_NAMESPACE,
    podName: read.CHAPERONE_POD_NAME,
    logLevel: read.CHAPERONE_LOG_LEVEL,
    httpPort: read.CHAPERONE_HTTP_PORT,
    tracesEndpoint: read.CHAPERONE_TRACES_ENDPOINT,
    kubeconfig: read.KUBECONFIG,
  };
}

function toResources({ requests, limits }: z.output<typeof resources>): SensorResources {
  return { ...(requests && { requests }), ...(limits && { limits }) };
}

function readJson(text: string, context: z.core.$RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'write JSON such as {"limits":{"memory":"128Mi"}}' });
    return z.NEVER;
  }
}
