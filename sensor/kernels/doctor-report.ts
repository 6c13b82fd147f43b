import * as z from 'zod';
import { tiers } from '../decode/probe-events.ts';

/** What `probe doctor` says of a kernel. */
const report = z.object({
  kernel: z.string(),
  armed: z.boolean(),
  tier: z.enum(tiers),
  reason: z.string().exactOptional(),
  /** By hook: whether its effect was seen, null if it was not asked for. */
  hooks: z.record(z.string(), z.boolean().nullable()),
  /** By program: how many instructions the verifier walked. */
  programs: z.record(z.string(), z.int().nonnegative()),
});

export type DoctorReport = z.infer<typeof report>;

/** Throws when it is none. */
export function parseDoctor(text: string): DoctorReport {
  return report.parse(JSON.parse(text));
}
