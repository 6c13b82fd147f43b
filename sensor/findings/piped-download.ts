import type { ProcessNode } from '../spans/process-node.ts';
import { isLoopback, isPublic } from './addresses.ts';
import type { Detector, Hit } from './detector.ts';
import { hostOf } from './host-of.ts';
import type { Pipes } from './pipes.ts';
import { readsProgram } from './program.ts';

interface Source {
  readonly host: string;
  readonly address: string;
}

/** Filters between a download and what interprets it (`curl | base64 -d | tee x | sh`). */
const maxFilters = 4;

/** An interpreter that reads its program from a pipe, at whose other end somebody goes to the network. */
export function pipedDownload(pipes: Pipes): Detector {
  const sources = new WeakMap<object, Source>();
  return {
    executed(node) {
      if (!isInterpreter(node)) return null;
      let writer = pipes.writer(node.image.stdin);
      for (let filters = 0; writer !== null && filters <= maxFilters; filters += 1) {
        const source = sources.get(writer.image);
        if (source !== undefined) return hitOf(node, source);
        writer = pipes.writer(writer.image.stdin);
      }
      return null;
    },
    connected(event, node, origin) {
      if (node.image.stdout.kind !== 'pipe' || event.port === 53 || isLoopback(event.address)) return null;
      const source = { host: hostOf(event, origin), address: event.address };
      sources.set(node.image, source);
      let reader = pipes.reader(node.image.stdout);
      for (let filters = 0; reader !== null && filters <= maxFilters; filters += 1) {
        if (isInterpreter(reader)) return hitOf(reader, source);
        reader = pipes.reader(reader.image.stdout);
      }
      return null;
    },
  };
}

function isInterpreter({ image }: ProcessNode): boolean {
  return image.stdin.kind === 'pipe' && readsProgram(image);
}

function hitOf(by: ProcessNode, { host, address }: Source): Hit {
  const severity = isPublic(address) ? 'Medium' : 'Low';
  return { rule: 'piped-download', severity, subject: { kind: 'host', name: host }, by };
}
