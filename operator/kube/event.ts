import { createHash } from 'node:crypto';
import type { KubeObject } from './objects.ts';

/** Limit of events.k8s.io/v1, in bytes of UTF-8. */
const NOTE_LIMIT = 1024;
const ELLIPSIS = '…';

/** What a user must know about an object. */
export interface Notice {
  type: 'Normal' | 'Warning';
  /** Why, in one word, such as `PolicyRefused`. */
  reason: string;
  /** What we did or could not do, in one word, such as `Accept`. */
  action: string;
  /** One sentence. */
  note: string;
}

/** Who says it, and when. */
export interface EventSource {
  /** Milliseconds since 1970. */
  now: number;
  /** Such as `chaperone.dev/operator`. */
  controller: string;
  /** The name of the replica. */
  instance: string;
  /** What the Event's name is made of besides the object's: the same gives the same name, which the API server takes once. */
  key: string;
}

/** An Event (events.k8s.io/v1) about the object; a note that is too long is cut. */
export function eventOf(
  { apiVersion, kind, metadata }: KubeObject,
  { type, reason, action, note }: Notice,
  { now, controller, instance, key }: EventSource,
): KubeObject & Record<string, unknown> {
  const { name, namespace, uid } = metadata;
  const suffix = createHash('sha256').update(`${uid} ${key}`).digest('hex').slice(0, 16);
  return {
    metadata: { name: `${name.slice(0, 200).replace(/[-.]+$/, '')}.${suffix}`, namespace: namespace ?? 'default' },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    regarding: { apiVersion, kind, name, namespace, uid },
    type,
    reason,
    action,
    note: cutNote(note),
  };
}

function cutNote(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= NOTE_LIMIT) return note;
  // A character that the cut would halve stays out.
  const kept = new TextDecoder().decode(bytes.subarray(0, NOTE_LIMIT - Buffer.byteLength(ELLIPSIS)), { stream: true });
  return `${kept}${ELLIPSIS}`;
}
