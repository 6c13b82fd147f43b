import { posix } from 'node:path';
import type { JsonObject } from '../../crds/canonical-json.ts';
import { diagVolume } from '../../crds/names.ts';
import type { RawPod } from './injection-plan.ts';
import { named, objectAt, objectsAt } from './raw-pod.ts';
import type { DiagMount } from './sensor-parts.ts';

/** The container that ARC watches, and where the runner in it writes the job message. */
export const runnerContainer = 'runner';
const runnerDiagDirectory = '/home/runner/_diag';

/** Whether the pod is one of ARC's runners (gha-runner-scale-set), by the labels that ARC gives them. */
export function isArcShaped(pod: RawPod): boolean {
  const labels = objectAt(objectAt(pod, 'metadata'), 'labels');
  const isScaleSetRunner =
    labels['app.kubernetes.io/component'] === 'runner' &&
    labels['app.kubernetes.io/part-of'] === 'gha-runner-scale-set';
  return labels['actions-ephemeral-runner'] === 'True' || isScaleSetRunner;
}

/**
 * The pod's containers with the runner's diagnostic log on a volume, and how the sensor mounts that volume.
 * A volume that the user mounted there already is used as it is.
 */
export function withDiagMount(
  containers: JsonObject[],
  isWanted: boolean,
): { containers: JsonObject[]; diag: DiagMount | null } {
  const runner = named(containers, runnerContainer);
  if (runner === undefined) return { containers, diag: null };
  const mounts = objectsAt(runner, 'volumeMounts');
  const theirs = mounts.filter((mount) => mount.name !== diagVolume);
  const present = theirs.find((mount) => isDiagDirectory(mount.mountPath));
  const ours = isWanted && present === undefined ? [{ name: diagVolume, mountPath: runnerDiagDirectory }] : [];
  return {
    containers: containers.map((container) => (container === runner ? withMounts(runner, mounts, ours) : container)),
    diag: isWanted ? diagMountOf(present) : null,
  };
}

function isDiagDirectory(path: unknown): boolean {
  return typeof path === 'string' && posix.join(path, '/') === `${runnerDiagDirectory}/`;
}

function withMounts(runner: JsonObject, mounts: JsonObject[], ours: JsonObject[]): JsonObject {
  const present = named(mounts, diagVolume);
  if (present === undefined && ours.length === 0) return runner;
  if (present === undefined) return { ...runner, volumeMounts: [...mounts, ...ours] };
  return { ...runner, volumeMounts: mounts.flatMap((mount) => (mount === present ? ours : [mount])) };
}

/** A path with variables (`subPathExpr`) is the runner's own environment's, and cannot be followed from the sensor. */
function diagMountOf(theirs: JsonObject | undefined): DiagMount | null {
  if (theirs === undefined) return { name: diagVolume };
  const { name, subPath, subPathExpr } = theirs;
  if (typeof name !== 'string' || subPathExpr !== undefined) return null;
  return { name, ...(typeof subPath === 'string' && { subPath }) };
}
