import type { Verdict } from './decide.ts';
import type { AdmissionReviewResponse } from './review.ts';

type Response = AdmissionReviewResponse['response'];
type Answer = Exclude<Verdict, { verdict: 'unavailable' }>;

/** The API server shows a warning up to this length and cuts it there when there are many. */
const MAX_WARNING_LENGTH = 256;

/** The review that carries the verdict back. */
export function answerReview(uid: string, verdict: Answer): AdmissionReviewResponse {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...outcome(verdict) } };
}

function outcome(verdict: Answer): Omit<Response, 'uid'> {
  if (verdict.verdict === 'refuse') return { allowed: false, status: refusal(verdict.code, verdict.message) };
  const warnings = verdict.warnings.map((text) => text.slice(0, MAX_WARNING_LENGTH));
  const warned = warnings.length === 0 ? {} : { warnings };
  if (verdict.verdict === 'skip' || verdict.patch.length === 0) return { allowed: true, ...warned };
  const patch = Buffer.from(JSON.stringify(verdict.patch)).toString('base64');
  return { allowed: true, patchType: 'JSONPatch', patch, ...warned };
}

function refusal(code: 400 | 503, message: string): NonNullable<Response['status']> {
  const reason = code === 503 ? 'ServiceUnavailable' : 'BadRequest';
  return { status: 'Failure', code, reason, message };
}
