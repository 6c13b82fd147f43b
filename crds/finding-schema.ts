import * as z from 'zod';
import { type Finding, severities, subjectKinds } from './finding.ts';

const text = (most: number) => z.string().min(1).max(most);
const spanId = z.string().regex(/^[0-9a-f]{16}$/);

/** What is taken for a {@link Finding} where it comes from outside: nothing else in it, every text bounded. */
export const findingSchema: z.ZodType<Finding> = z.strictObject({
  version: z.literal(1),
  id: spanId,
  rule: z
    .string()
    .regex(/^[a-z]+(-[a-z]+)*$/)
    .max(63),
  severity: z.enum(severities),
  subject: z.strictObject({ kind: z.enum(subjectKinds), name: text(512) }),
  text: text(2_048),
  // RFC 3339 lets the second have any number of digits.
  time: z.iso.datetime().max(40),
  count: z.int().min(1),
  toolCall: z
    .strictObject({
      agent: text(128),
      tool: text(128),
      command: text(512).optional(),
      callId: text(128).optional(),
    })
    .optional(),
  processes: z.array(text(128)).max(16).optional(),
  step: z.strictObject({ name: text(128), ordinal: z.int().min(0) }).optional(),
  job: z.strictObject({ name: text(128), url: text(512).optional() }),
  repository: text(256).optional(),
  evidence: z.strictObject({ traceId: z.string().regex(/^[0-9a-f]{32}$/), spanId }),
}) as z.ZodType<Finding>;
