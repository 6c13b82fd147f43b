import { readFile } from 'node:fs/promises';
import { ChaperoneError } from '../../../crds/errors.ts';
import type { SinkKind } from './message.ts';
import { readTarget, type SinkTarget } from './target.ts';

/** Where the chart mounts a sink's Secret. */
export interface SecretFiles {
  kind: SinkKind;
  urlFile: string;
  signingKeyFile?: string | undefined;
  allowHttp: boolean;
}

/** Reads a sink's mounted Secret at each call: the kubelet brings a changed one in about a minute. */
export async function readSecretFiles({ urlFile, signingKeyFile, ...settings }: SecretFiles): Promise<SinkTarget> {
  const url = await read(urlFile);
  if (signingKeyFile === undefined) return readTarget({ url }, settings);
  return readTarget({ url, signingKey: await read(signingKeyFile) }, settings);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `the file ${path} cannot be read: make the Secret that gateway.alerts.sinks names, with its key`;
    throw new ChaperoneError('sink-secret-unreadable', message, { cause });
  }
}
