import { lastWordsAnnotation } from '../../../crds/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import { ignoreNotFound } from '../../kube/errors.ts';
import { joinKey, type Pod } from '../../kube/objects.ts';
import { pods } from '../../kube/resources.ts';
import { type ControllerOptions, createController, TerminalError } from '../../runtime/controller.ts';
import type { Runnable } from '../../runtime/runnable.ts';
import type { Stores } from '../../stores.ts';
import { jsonPointer } from '../json-pointer.ts';
import { decideLastWords, type LastWords } from './decide.ts';
import type { PostLastWords } from './post.ts';

export interface LastWordsControllerOptions extends Pick<ControllerOptions, 'clock' | 'log' | 'observer'> {
  client: KubeClient;
  stores: Stores;
  post: PostLastWords;
}

/** Words in hand; pods come and go, and the gateway may be away. */
const MAX_WAITING = 1_000;

/**
 * Brings the findings that a killed sensor left in its pod's status to the gateway, which tells them as any other. They are taken from the very change that
 * brought them: a moment later the pod may be gone.
 */
export function createLastWordsController(options: LastWordsControllerOptions): Runnable {
  const { client, stores, post, ...rest } = options;
  const waiting = new Map<string, { pod: Pod; words: LastWords }>();
  return createController({
    ...rest,
    name: 'last-words',
    watch: (queue) => [
      stores.pods.onChange(({ object: pod }) => {
        const words = decideLastWords(pod);
        const key = joinKey(pod.metadata.namespace, `${pod.metadata.name}/${pod.metadata.uid}`);
        if (words === undefined) return;
        if (waiting.size >= MAX_WAITING && !waiting.has(key)) {
          rest.log.warn({ key }, 'the last words of a sensor are passed over, since too many wait for the gateway');
          return;
        }
        waiting.set(key, { pod, words });
        queue.add(key);
      }),
    ],
    async reconcile({ key, log }) {
      const held = waiting.get(key);
      if (held === undefined) return {};
      const { pod, words } = held;
      const refusal = await post(pod, words.findings);
      if (waiting.get(key) === held) waiting.delete(key);
      if (refusal !== undefined) throw new TerminalError('last-words-refused', refusal);
      log.info({ findings: words.findings.length }, 'the last words of a sensor were handed to the gateway');
      await client.patchJson(pods, pod.metadata, takenPatch(pod, words)).catch(ignoreNotFound);
      return {};
    },
  });
}

function takenPatch({ metadata }: Pod, { digest }: LastWords) {
  const annotations = { [lastWordsAnnotation]: digest };
  return [
    // A later pod may have the same name.
    { op: 'test' as const, path: '/metadata/uid', value: metadata.uid },
    metadata.annotations === undefined
      ? { op: 'add' as const, path: '/metadata/annotations', value: annotations }
      : { op: 'add' as const, path: jsonPointer('metadata', 'annotations', lastWordsAnnotation), value: digest },
  ];
}
