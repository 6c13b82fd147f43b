import type { Detector } from './detector.ts';

/** A process that goes on after its step; what it then does is that step's, whatever else runs. */
export function leftRunning(): Detector {
  return {
    leftRunning: ({ image }) => ({
      rule: 'left-running',
      subject: { kind: 'process', name: image.path || image.filename },
    }),
  };
}
