import * as z from 'zod';
import type { PodIdentity } from './identity.ts';
import { GatewayRefusal } from './refusal.ts';

/** A request that says whose it is, ready to be passed on, and how many spans are in it. */
export interface StampedTraces {
  body: string;
  spans: number;
}

/** The budget of a job is 2,000 spans; a sensor sends what has ended in a few seconds. */
const MAX_SPANS = 10_000;

const attributed = z.looseObject({ attributes: z.array(z.looseObject({ key: z.string() })).optional() });
const span = attributed.extend({
  traceId: z.string().regex(/^[0-9a-fA-F]{32}$/),
  spanId: z.string().regex(/^[0-9a-fA-F]{16}$/),
  name: z.string().max(4096),
  events: z.array(attributed).optional(),
});
/** Down to the spans only the fields that we read go on: receivers also take the names of the protocol's source, and `resource_spans` would pass unstamped. */
const resource = z.object({
  attributes: z
    .array(z.looseObject({ key: z.string().max(256) }))
    .max(256)
    .default([]),
  droppedAttributesCount: z.int().min(0).optional(),
});
const scopeSpans = z.object({
  scope: attributed.optional(),
  spans: z.array(span).default([]),
  schemaUrl: z.string().max(256).optional(),
});
const resourceSpans = z.object({
  resource: resource.default({ attributes: [] }),
  scopeSpans: z.array(scopeSpans).max(256).default([]),
  schemaUrl: z.string().max(256).optional(),
});
/** An OTLP/JSON ExportTraceServiceRequest; what else is inside a span is the back end's to read. */
const traceRequest = z.object({ resourceSpans: z.array(resourceSpans).max(64).default([]) });

/**
 * Sets the pod's attributes on every resource and takes away any other `k8s.` attribute, also of scopes, spans and events, which back ends search alike:
 * a pod speaks only of itself.
 * Throws a {@link GatewayRefusal} with 400 for anything but OTLP/JSON traces, and with 413 for too many spans.
 */
export function stampTraces(body: Buffer, identity: PodIdentity): StampedTraces {
  const request = parse(body);
  const own = podAttributes(identity);
  let spans = 0;
  for (const entry of request.resourceSpans) {
    for (const part of partsOf(entry)) part.attributes = part.attributes?.filter(({ key }) => !key.startsWith('k8s.'));
    entry.resource.attributes.push(...own);
    for (const scope of entry.scopeSpans) spans += scope.spans.length;
  }
  if (spans > MAX_SPANS) throw tooMany(spans);
  return { body: serialize(request), spans };
}

type ResourceSpans = z.output<typeof resourceSpans>;

/** All that has attributes of its own. */
function partsOf({
  resource: own,
  scopeSpans: scopes,
}: ResourceSpans): { attributes?: { key: string }[] | undefined }[] {
  return [
    own,
    ...scopes.flatMap(({ scope, spans }) => [
      ...(scope === undefined ? [] : [scope]),
      ...spans.flatMap((span) => [span, ...(span.events ?? [])]),
    ]),
  ];
}

function parse(body: Buffer): z.output<typeof traceRequest> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  const result = traceRequest.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw malformed(`${issue?.path.map(String).join('.') || '(root)'}: ${issue?.message ?? 'malformed'}`, undefined);
}

function serialize(request: z.output<typeof traceRequest>): string {
  try {
    return JSON.stringify(request);
  } catch (cause) {
    // Values nested thousands deep can be read but not written.
    throw malformed('it is nested too deep', cause);
  }
}

function podAttributes({ namespace, name, uid, node }: PodIdentity): { key: string; value: { stringValue: string } }[] {
  const attributes = [
    ['k8s.namespace.name', namespace],
    ['k8s.pod.name', name],
    ['k8s.pod.uid', uid],
    ...(node === '' ? [] : [['k8s.node.name', node]]),
  ];
  return attributes.map(([key = '', stringValue = '']) => ({ key, value: { stringValue } }));
}

function malformed(what: string, cause: unknown): GatewayRefusal {
  return new GatewayRefusal('traces-malformed', `the body is no OTLP/JSON trace request: ${what}`, {
    status: 400,
    cause,
  });
}

function tooMany(spans: number): GatewayRefusal {
  const message = `${spans} spans came at once and ${MAX_SPANS} are taken; send fewer`;
  return new GatewayRefusal('traces-too-many', message, { status: 413 });
}
