import type { Severity } from '../../crds/finding.ts';
import type { AgentSession } from '../agents/sessions.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { ConnectEvent } from '../decode/socket-events.ts';
import { type SecretKind, secretKind } from '../files/secrets.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { isLoopback, isPublic } from './addresses.ts';
import { BoundedSet } from './bounded-set.ts';
import { isAtHome, isOwner } from './credential-owners.ts';
import type { Detector, Hit } from './detector.ts';
import { hostOf } from './host-of.ts';
import type { Pipes } from './pipes.ts';
import type { Source, Sources } from './sources.ts';

interface Reading {
  readonly path: string;
  readonly kind: SecretKind;
  readonly by: ProcessImage;
  /** Kept under the step's own script, or under a coding agent, all of whose commands stand below it. */
  readonly isScripts: boolean;
}

const maxHosts = 4_096;

/** A credential is read by a program that it is not for, and then somebody of the same descent goes to a host that is new in the job. */
export function credentialsSent(pipes: Pipes, sources: Sources): Detector {
  const hosts = new BoundedSet(maxHosts);
  /** Under the reader and under what started it; images are dropped with their processes. */
  const readings = new WeakMap<Bearer, Reading>();
  let isAnyRead = false;

  return {
    get forgotten() {
      return hosts.forgotten;
    },
    touched(event, node) {
      const reading = readingOf(event, node);
      if (reading === null) return null;
      isAnyRead = true;
      readings.set(node.image, reading);
      const { parent } = node;
      if (parent !== null) readings.set(parent.image, { ...reading, isScripts: parent.isStepRoot });
      const above = aboveWrappers(node);
      if (above !== null) readings.set(above.image, { ...reading, isScripts: true });
      const session = sessionOf(node);
      if (session !== null) readings.set(session, { ...reading, isScripts: true });
      return saidTo(node, reading, sources);
    },
    connected(event, node, origin) {
      if (event.port === 0 || event.port === 53 || isLoopback(event.address)) return null;
      const host = hostOf(event, origin);
      if (!hosts.add(host) || !isAnyRead) return null;
      return sentBy(node, { host, event }, { readings, pipes });
    },
  };
}

/** Who gets what is said by a program that others run for it, whose output is its own (`find -exec cat`, `xargs cat`, `sudo cat`); null where nobody stands between. */
function aboveWrappers({ image, parent }: ProcessNode): ProcessNode | null {
  let at = parent;
  while (at !== null && !at.isStepRoot && at.image.stdout.kind === 'pipe' && at.image.stdout.file === image.stdout.file)
    at = at.parent;
  return at === parent ? null : at;
}

/** Who has what was read. An agent has what its commands read, since it was given their output, but only for its other commands: what it connects to itself is its model. */
type Bearer = ProcessImage | AgentSession;

/** The run of a coding agent that this is a command of. */
function sessionOf({ agent }: ProcessNode): AgentSession | null {
  return agent?.call == null ? null : agent.session;
}

function readingOf(event: FileEvent, { image }: ProcessNode): Reading | null {
  const path = takenPath(event);
  if (path === null) return null;
  const kind = secretKind(path, event.nsPid);
  if (kind === null || kind === 'process' || isOwner(path, image)) return null;
  return { path, kind, by: image, isScripts: false };
}

/** What is read, or gets another name under which it is read unseen. */
function takenPath({ operation, path, path2 }: FileEvent): string | null {
  if (operation === 'read' || operation === 'rename') return path;
  return operation === 'link' ? path2 : null;
}

/** The reader was executed with a connection as its output (`cat ~/.npmrc > /dev/tcp/…`). */
function saidTo({ image }: ProcessNode, reading: Reading, sources: Sources): Hit | null {
  const source = image.stdout.kind === 'network' ? sources.above(image) : null;
  return source === null ? null : hitOf(reading, source, isPublic(source.address) ? 'High' : 'Low');
}

function sentBy(
  node: ProcessNode,
  { host, event }: { host: string; event: ConnectEvent },
  { readings, pipes }: { readings: WeakMap<Bearer, Reading>; pipes: Pipes },
): Hit | null {
  const { image } = node;
  const reading = heldBy(node, readings);
  if (reading === null || isAtHome(reading.kind, host)) return null;
  // Its own tool does what it is for, unless somebody else hands it the file (`cat ~/.netrc | curl -d @- …`).
  if (isOwner(reading.path, image) && !isFedBy(image, reading.by, pipes)) return null;
  const severity = isPublic(event.address) ? severityOf(reading, image, pipes) : 'Low';
  return hitOf(reading, { host, port: event.port }, severity);
}

function hitOf({ path }: Reading, { host, port }: Pick<Source, 'host' | 'port'>, severity: Severity): Hit {
  return {
    rule: 'credentials-sent',
    severity,
    subject: { kind: 'host', name: `${host}:${port}` },
    detail: `after ${path} had been read`,
  };
}

/** The nearest of its descent that read, or an earlier command of the same agent. */
function heldBy(node: ProcessNode, readings: WeakMap<Bearer, Reading>): Reading | null {
  for (let at: ProcessImage | null = node.image; at !== null; at = at.parent) {
    const reading = readings.get(at);
    if (reading !== undefined) return reading;
  }
  const session = sessionOf(node);
  return session === null ? null : (readings.get(session) ?? null);
}

/** The reader itself and whoever reads from it or runs beside it have what was read; a later command of the same script has it only if the script kept it. */
function severityOf({ by, isScripts }: Reading, image: ProcessImage, pipes: Pipes): Severity {
  const isBeside = by.end === null || by.end > image.start;
  return isBeside || !isScripts || isFedBy(image, by, pipes) ? 'High' : 'Medium';
}

/** Whether pipes lead from one to the other, through at most four filters. */
function isFedBy(image: ProcessImage, by: ProcessImage, pipes: Pipes): boolean {
  let writer = pipes.writer(image.stdin);
  for (let filters = 0; writer !== null && filters <= 4; filters += 1) {
    if (writer.image === by) return true;
    writer = pipes.writer(writer.image.stdin);
  }
  return false;
}
