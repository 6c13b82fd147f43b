import * as z from 'zod';
import { ChaperoneError } from '../../crds/errors.ts';
import type { RawPod } from '../injection/injection-plan.ts';
import type { Labels } from '../policy/select-policies.ts';

/** What we read of an AdmissionReview; the pod stays raw JSON, because a typed model would drop the fields that it does not know. */
export interface AdmissionRequest {
  uid: string;
  namespace: string;
  operation: string;
  /** Kind of the object, such as `Pod`; with a subresource it is not a pod that is being made. */
  kind: string;
  subResource: string;
  dryRun: boolean;
  /** The pod's labels; none for other kinds. */
  labels: Labels;
  pod: RawPod;
}

/** The verdict in the API's own words. */
export interface AdmissionReviewResponse {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  response: {
    uid: string;
    allowed: boolean;
    status?: { status: 'Failure'; code: number; reason: string; message: string };
    patchType?: 'JSONPatch';
    /** RFC 6902 operations as JSON in base64. */
    patch?: string;
    warnings?: string[];
  };
}

/** Parsed JSON it is already; only that it is an object remains to be seen. */
const rawObject = z.custom<RawPod>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));

const reviewSchema = z.looseObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.looseObject({
    uid: z.string().min(1).max(256),
    kind: z.looseObject({ kind: z.string() }),
    subResource: z.string().default(''),
    namespace: z.string().default(''),
    operation: z.string(),
    dryRun: z.boolean().default(false),
    object: rawObject,
  }),
});

const podSchema = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.looseObject({
    initContainers: z.array(z.looseObject({ name: z.string() })).nullish(),
    containers: z.array(z.looseObject({ name: z.string() })),
    volumes: z.array(z.looseObject({ name: z.string() })).nullish(),
  }),
});

/** Reads a review; throws `admission-review-malformed` for anything that is not one of a pod. */
export function readReview(body: unknown): AdmissionRequest {
  const review = parse(reviewSchema, body, 'AdmissionReview');
  const { uid, kind, subResource, namespace, operation, dryRun, object } = review.request;
  const isPod = kind.kind === 'Pod' && subResource === '';
  // Checked, not converted: what is patched is what was sent.
  const labels = isPod ? (parse(podSchema, object, 'pod').metadata.labels ?? {}) : {};
  return { uid, namespace, operation, kind: kind.kind, subResource, dryRun, labels, pod: object };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.map(String).join('.') || '(root)';
  throw new ChaperoneError(
    'admission-review-malformed',
    `The request body is no ${what} that can be read: ${path}: ${issue?.message ?? 'malformed'}.`,
  );
}
