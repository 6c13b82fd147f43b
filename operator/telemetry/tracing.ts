import { type Span, SpanStatusCode, trace as traceApi } from '@opentelemetry/api';
import { describeError } from '../../crds/errors.ts';

/** Does the work, which may be asynchronous, as one span; or just does it where traces are off. */
export type Trace = <T>(name: string, attributes: Record<string, string>, work: () => T) => T;

/** Our own traces: of reconciliations and admissions. */
export interface Tracing {
  trace: Trace;
  /** Sends what waits. Never rejects. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  /** Base address of an OTLP/HTTP receiver; undefined turns traces off. */
  endpoint: string | undefined;
  serviceName: string;
  instance: string;
}

/** Starts our own traces. The SDK costs tens of megabytes, so it is loaded only where traces are wanted. */
export async function startTracing({ endpoint, serviceName, instance }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return { trace: (_name, _attributes, work) => work(), stop: async () => {} };
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const sdk = new NodeSDK({
    serviceName,
    resource: resourceFromAttributes({ 'service.instance.id': instance, 'service.namespace': 'chaperone' }),
    traceExporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` }),
    autoDetectResources: false,
    instrumentations: [],
  });
  sdk.start();
  const tracer = traceApi.getTracer('chaperone-operator');
  return {
    trace: (name, attributes, work) => tracer.startActiveSpan(name, { attributes }, (span) => inSpan(span, work)),
    stop: () => sdk.shutdown().catch(() => undefined),
  };
}

function inSpan<T>(span: Span, work: () => T): T {
  try {
    const result = work();
    if (result instanceof Promise)
      result.then(
        () => span.end(),
        (error) => fail(span, error),
      );
    else span.end();
    return result;
  } catch (error) {
    fail(span, error);
    throw error;
  }
}

function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error) });
  span.end();
}
