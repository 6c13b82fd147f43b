import { readFile } from 'node:fs/promises';
import { ChaperoneError } from '../../../crds/errors.ts';
import type { SinkKind } from './message.ts';
import { readTarget, type SecretText, type SinkTarget } from './target.ts';

/** A key of a Secret, and the file that the chart mounts it as. */
export interface MountedKey {
  file: string;
  secret: string;
  key: string;
}

/** What a sink of the cluster is spoken to by. */
export interface MountedSecret {
  kind: SinkKind;
  url: MountedKey;
  signingKey?: MountedKey | undefined;
  allowHttp: boolean;
}

/** Reads a sink's mounted Secret at each call: the kubelet brings a changed one in about a minute. */
export async function readMountedSecret({ url, signingKey, ...settings }: MountedSecret): Promise<SinkTarget> {
  const texts = { url: await read(url) };
  return readTarget(signingKey === undefined ? texts : { ...texts, signingKey: await read(signingKey) }, settings);
}

async function read({ file, secret, key }: MountedKey): Promise<SecretText> {
  try {
    return { text: await readFile(file, 'utf8'), secret, key };
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isMissing
      ? `there is no Secret ${secret} with a key ${key}: make it`
      : `the key ${key} of the Secret ${secret} cannot be read from its file: look at the gateway's volumes`;
    throw new ChaperoneError('sink-secret-unreadable', message, isMissing ? {} : { cause });
  }
}
