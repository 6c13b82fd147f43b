import { createHash } from 'node:crypto';
import type { Finding } from '../../../crds/finding.ts';
import { findingSchema } from '../../../crds/finding-schema.ts';
import { lastWordsBytes, lastWordsMark } from '../../../crds/last-words.ts';
import { lastWordsAnnotation, sensorContainer } from '../../../crds/names.ts';
import type { Pod } from '../../kube/objects.ts';

/** What a pod's sensor had left to tell when it was killed. */
export interface LastWords {
  /** Each once, the most severe first; at least one. */
  findings: readonly Finding[];
  /** Of the words as they stand; on the pod it says that they were taken. */
  digest: string;
}

/**
 * The last words of the pod's sensor, of this life of its container and of the one before; undefined when there are none, or they were taken. They come from
 * a file that anybody in the container could write, and from one that the kubelet may have cut off.
 */
export function decideLastWords({ metadata, status }: Pod): LastWords | undefined {
  const sensor = status?.initContainerStatuses?.find(({ name }) => name === sensorContainer);
  const messages = [sensor?.state, sensor?.lastState].flatMap((state) => state?.terminated?.message ?? []);
  const findings = new Map(messages.flatMap(findingsIn).map((finding) => [finding.id, finding]));
  if (findings.size === 0) return undefined;
  const digest = createHash('sha256').update(JSON.stringify(messages)).digest('hex').slice(0, 32);
  if (metadata.annotations?.[lastWordsAnnotation] === digest) return undefined;
  return { findings: [...findings.values()], digest };
}

/** Whether a termination message is such words, and none for people. */
export function isLastWords(message: string): boolean {
  return message.startsWith(`${lastWordsMark} `);
}

/** A line that is no finding is passed over, as the last one may be cut off. */
function findingsIn(message: string): Finding[] {
  if (!isLastWords(message)) return [];
  return message
    .slice(0, lastWordsBytes)
    .split('\n')
    .slice(1)
    .flatMap((line) => findingSchema.safeParse(parseJson(line)).data ?? []);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
