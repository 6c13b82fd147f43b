import type { ProcessImage } from '../lineage/process-table.ts';
import type { Detector, Hit } from './detector.ts';

/** A process that goes on after its step, its tool call or its agent; what it then does is still theirs, whatever else runs. */
export function leftRunning(): Detector {
  return {
    leftRunning: ({ image }) => ({ rule: 'left-running', subject: subjectOf(image) }),
    outlived: ({ node: { image }, of }) => ({
      rule: 'tool-call-outlived',
      severity: of === 'agent' ? 'Low' : 'Info',
      subject: subjectOf(image),
      detail: `after its ${of} had ended`,
    }),
  };
}

function subjectOf(image: ProcessImage): Hit['subject'] {
  return { kind: 'process', name: image.path || image.filename };
}
