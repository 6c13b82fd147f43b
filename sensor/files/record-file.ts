import {
  fileChange,
  fileOperation,
  fileOwner,
  fileRead,
  fileRequest,
  fileSecret,
  fileSource,
  fileTarget,
  fileTruncated,
  fileUring,
} from '../../crds/attributes.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { Attributes } from '../spans/finished-span.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Scope } from '../spans/scope.ts';
import type { Note } from '../spans/span-notes.ts';
import { known } from '../spans/text.ts';
import { type FilePlace, placeOf, type Surroundings } from './places.ts';
import { ownerOf, type SecretKind, secretKind } from './secrets.ts';

export interface FileSubject {
  readonly scope: Scope;
  /** Null where the process is not known or is the runner itself, which may read what is its own. */
  readonly node: ProcessNode | null;
  readonly surroundings: Surroundings;
}

/** Of a span's events, those that changes of files leave to everything else: noise must not hide a read of a secret. */
const keptForOthers = 16;

/** Of what is left, places that changes elsewhere leave to those of the workspace: an agent's own state alone would fill them before it touches the source. */
const keptForWorkspace = 24;

/**
 * Adds what happened to a file to its step, and to the notes of its process if that has a span anyway. The answer is what must be told of in any
 * case: that a secret was read.
 */
export function recordFile(event: FileEvent, { scope, node, surroundings }: FileSubject): Note | null {
  if (event.operation === 'read') return recordRead(event, scope, node);
  const place = event.path === '' ? 'repeated' : placeOf(event.path, surroundings);
  scope.files.add(event.operation, place, event.count);
  // Elsewhere changes are counted and not listed, unless the policy asks for the folder.
  const isListed = event.operation === 'uring' || (place !== 'other' && place !== 'repeated');
  if (!isListed || node === null) return null;
  if (node.image.end !== null) scope.untold += 1;
  else node.notes.add({ name: nameOf(event), time: event.time, attributes: describe(event, null) }, keptFrom(place));
  return null;
}

/** Events of its process that a change must leave to what matters more. */
function keptFrom(place: FilePlace): number {
  return place === 'workspace' || place === 'asked' ? keptForOthers : keptForOthers + keptForWorkspace;
}

function recordRead(event: FileEvent, scope: Scope, node: ProcessNode | null): Note | null {
  const secret = secretKind(event.path, event.nsPid);
  if (secret === null || (node === null && event.root === null)) return null;
  scope.files.secrets += 1;
  return { name: fileRead, time: event.time, attributes: describe(event, secret) };
}

function nameOf({ operation }: FileEvent): string {
  return operation === 'uring' ? fileUring : fileChange;
}

function describe(event: FileEvent, secret: SecretKind | null): Attributes {
  return known({
    'file.path': event.path,
    [fileOperation]: event.operation,
    [fileTarget]: event.path2,
    [fileRequest]: event.request,
    [fileSource]: event.source === 'none' ? null : event.source,
    [fileTruncated]: event.pathTruncated || null,
    [fileSecret]: secret,
    [fileOwner]: ownerOf(event.path),
  });
}
