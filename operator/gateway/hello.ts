import * as z from 'zod';
import { GatewayRefusal } from './refusal.ts';

/** Longer texts are cut: the annotation is for people, and what it says first matters most. */
const text = (length: number) =>
  z.string().transform((value) =>
    value
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, ' ')
      .slice(0, length)
      .toWellFormed(),
  );

const hello = z.object({
  version: text(64),
  armed: z.boolean(),
  tier: z.union([z.string(), z.number()]).transform(String).pipe(text(64)),
  kernel: text(128).optional(),
  policyHash: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .default(''),
  reason: text(512).nullish(),
  policyError: text(512).nullish(),
});

/**
 * The value of the annotation `chaperone.dev/sensor-status` for a sensor's hello. Sizes are bounded and control characters taken out.
 * Throws a {@link GatewayRefusal} with 400 for anything else.
 */
export function sensorStatus(body: Buffer, now: number): string {
  const { version, armed, tier, policyHash, kernel, reason, policyError } = parse(body);
  const at = new Date(now).toISOString();
  return JSON.stringify({
    armed,
    tier,
    policyHash,
    version,
    ...(reason ? { reason } : {}),
    ...(policyError ? { policyError } : {}),
    ...(kernel ? { kernel } : {}),
    at,
  });
}

function parse(body: Buffer): z.output<typeof hello> {
  try {
    return hello.parse(JSON.parse(body.toString()));
  } catch (cause) {
    throw new GatewayRefusal('hello-malformed', 'the body is no hello of a sensor', { status: 400, cause });
  }
}
