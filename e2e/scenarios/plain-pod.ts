import type { KubeObject } from './kubectl.ts';

/** A pod of one container that runs a shell script under bash and ends, as anybody might write it. */
export function plainPod(
  namespace: string,
  name: string,
  script: string,
  labels: Record<string, string> = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 20,
      containers: [{ name: 'runner', image: 'localhost/chaperone-runner:1', command: ['bash', '-c', script] }],
    },
  };
}

/** Tries to connect to each place (`address:port`) for two seconds, all at once, and prints `reached PLACE` or `not reached PLACE`. */
export function tryPlaces(places: string[]): string {
  const lines = places.map((place) => {
    const [address, port] = place.split(':');
    return `{ timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>/dev/null && echo reached ${place} || echo not reached ${place}; } &`;
  });
  return [...lines, 'wait'].join('\n');
}
