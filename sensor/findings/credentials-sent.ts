import type { Severity } from '../../crds/finding.ts';
import type { ConnectEvent, FileEvent } from '../decode/events.ts';
import { type SecretKind, secretKind } from '../files/secrets.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { isLoopback, isPublic } from './addresses.ts';
import { BoundedSet } from './bounded-set.ts';
import { isAtHome, isOwner } from './credential-owners.ts';
import type { Detector, Hit } from './detector.ts';

interface Reading {
  readonly path: string;
  readonly kind: SecretKind;
  readonly by: ProcessImage;
  /** Kept under the step's own script, all of whose commands stand below it. */
  readonly isScripts: boolean;
}

const maxHosts = 4_096;

/** A credential is read by a program that it is not for, and then somebody of the same descent goes to a host that is new in the job. */
export function credentialsSent(): Detector {
  const hosts = new BoundedSet(maxHosts);
  /** Under the reader and under what started it; images are dropped with their processes. */
  const readings = new WeakMap<ProcessImage, Reading>();
  let isAnyRead = false;

  return {
    get forgotten() {
      return hosts.forgotten;
    },
    touched(event, node) {
      const reading = event.operation === 'read' ? readingOf(event, node) : null;
      if (reading === null) return null;
      isAnyRead = true;
      readings.set(node.image, reading);
      const { parent } = node;
      if (parent !== null) readings.set(parent.image, { ...reading, isScripts: parent.isStepRoot });
      return null;
    },
    connected(event, node, origin) {
      if (event.port === 0 || event.port === 53 || isLoopback(event.address)) return null;
      const host = hostOf(event, origin);
      if (!hosts.add(host) || !isAnyRead) return null;
      return sentBy(node, { host, event }, readings);
    },
  };
}

function readingOf({ path, nsPid }: FileEvent, { image }: ProcessNode): Reading | null {
  const kind = secretKind(path, nsPid);
  if (kind === null || kind === 'process' || isOwner(path, image)) return null;
  return { path, kind, by: image, isScripts: false };
}

function hostOf({ address }: ConnectEvent, origin: Origin | null): string {
  return origin?.lookups.length === 1 ? (origin.lookups[0]?.name ?? address) : address;
}

function sentBy(
  { image }: ProcessNode,
  { host, event }: { host: string; event: ConnectEvent },
  readings: WeakMap<ProcessImage, Reading>,
): Hit | null {
  for (let at: ProcessImage | null = image; at !== null; at = at.parent) {
    const reading = readings.get(at);
    if (reading === undefined) continue;
    if (isAtHome(reading.kind, host) || isOwner(reading.path, image)) return null;
    const severity = severityOf(reading, { image, address: event.address });
    return {
      rule: 'credentials-sent',
      severity,
      subject: { kind: 'host', name: `${host}:${event.port}` },
      detail: `after ${reading.path} had been read`,
    };
  }
  return null;
}

/**
 * The reader itself, and whoever ran beside it (as in a pipe), have what was read; a later command of the same script has it only if the script
 * kept it. On a private network there are the users' own servers.
 */
function severityOf(
  { by, isScripts }: Reading,
  { image, address }: { image: ProcessImage; address: string },
): Severity {
  if (!isPublic(address)) return 'Low';
  const isBeside = by.end === null || by.end > image.start;
  return isBeside || !isScripts ? 'High' : 'Medium';
}
