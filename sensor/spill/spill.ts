import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ChaperoneError, describeError } from '../../crds/errors.ts';
import { SpanSpill } from '../export/span-spill.ts';
import { FrameLog } from './frame-log.ts';
import { RecordFile } from './record-file.ts';

/** Where what must survive this process is kept. */
export interface SpillPlace {
  /** On the pod's scratch volume. */
  readonly folder: string;
  /** On a volume in memory: without the key what is on the disk says nothing. */
  readonly keyFile: string;
}

export interface Spill {
  /** `null`: spans wait in memory. */
  readonly spans: SpanSpill | null;
  /** `null`: findings wait in memory. */
  readonly findings: SpanSpill | null;
  readonly frames: FrameLog;
}

/**
 * Together under the size limit of the volume (operator/injection), beyond which the kubelet would end the pod. The frames of some 80,000
 * processes; the spans of some ten jobs at the bound of their budget.
 */
const frameBytes = 48 * 1024 * 1024;
const spanBytes = 32 * 1024 * 1024;
/** Of findings that people are to be told: 200 of a job, of which most take less than 2 KiB. */
const findingBytes = 3 * 1024 * 1024;
const keyBytes = 32;

/** Opens what an earlier process left, or makes it. Without a place, or where it cannot be written, everything stays in memory. */
export function openSpill(place: SpillPlace | null, onFault: (message: string) => void): Spill {
  const open = <Value>(make: (place: SpillPlace) => Value): Value | null => {
    if (place === null) return null;
    try {
      return make(place);
    } catch (error) {
      onFault(`what waits is kept in memory only: ${describeError(error)}`);
      return null;
    }
  };
  const spans = open(({ folder }) => new SpanSpill(join(folder, 'spans'), spanBytes));
  const findings = open(({ folder }) => new SpanSpill(join(folder, 'findings'), findingBytes));
  const frames = open(({ folder, keyFile }) => {
    const key = openKey(keyFile);
    return new FrameLog(new RecordFile(join(folder, 'frames'), frameBytes), key);
  });
  return { spans, findings, frames: frames ?? new FrameLog(null, randomBytes(keyBytes)) };
}

/** The pod's key: made by the first process, read by those after it. */
function openKey(path: string): Buffer {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const key = Buffer.alloc(keyBytes);
    if (readSync(file, key, 0, keyBytes, 0) === keyBytes) return key;
    randomBytes(keyBytes).copy(key);
    if (writeSync(file, key, 0, keyBytes, 0) === keyBytes) return key;
    throw new ChaperoneError('spill-key', `${path} takes no key; give the sensor's run folder room`);
  } finally {
    closeSync(file);
  }
}
