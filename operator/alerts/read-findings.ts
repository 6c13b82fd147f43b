import * as z from 'zod';
import type { Finding } from '../../crds/finding.ts';
import { findingSchema } from '../../crds/finding-schema.ts';
import { GatewayRefusal } from '../gateway/refusal.ts';
import { printable } from './printable.ts';

/** What of a request can be taken, and how many of it cannot. */
export interface ReadFindings {
  findings: Finding[];
  rejected: number;
}

/** A sensor keeps no more than 200 of a job. */
const MAX_FINDINGS = 64;

const request = z.strictObject({ findings: z.array(z.unknown()) });

/**
 * The findings of a request body; control and invisible characters in their texts become spaces. One that is malformed does not take the others with it.
 * Throws a {@link GatewayRefusal}: 413 for too many, 400 for a body of another form or with nothing in it that can be taken.
 */
export function readFindings(body: Buffer): ReadFindings {
  const given = parse(body);
  if (given.length > MAX_FINDINGS) {
    const message = `${given.length} findings came at once and ${MAX_FINDINGS} are taken; send fewer`;
    throw new GatewayRefusal('findings-too-many', message, { status: 413 });
  }
  const findings = given.flatMap((one) => {
    const { data } = findingSchema.safeParse(clean(one));
    return data === undefined ? [] : [data];
  });
  if (findings.length === 0 && given.length > 0) throw malformed('none of its findings has the form of one');
  return { findings, rejected: given.length - findings.length };
}

function parse(body: Buffer): unknown[] {
  try {
    return request.parse(JSON.parse(body.toString())).findings;
  } catch (cause) {
    throw malformed('it is not {"findings":[…]}', cause);
  }
}

/** How deep a finding's own form goes. */
const MAX_DEPTH = 4;

/** Deeper values stay as they are: no finding has any, so they are refused. */
function clean(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return printable(value);
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, clean(member, depth + 1)]));
}

function malformed(what: string, cause?: unknown): GatewayRefusal {
  return new GatewayRefusal('findings-malformed', `the body holds no findings: ${what}`, { status: 400, cause });
}
