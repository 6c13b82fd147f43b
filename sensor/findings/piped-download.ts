import type { ConnectEvent } from '../decode/socket-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { isLoopback, isOwnResolver, isPublic } from './addresses.ts';
import type { Detector, Hit } from './detector.ts';
import { hostOf } from './host-of.ts';
import type { Pipes } from './pipes.ts';
import { isOfText, programText, readsDescriptor, readsProgram } from './program.ts';
import type { Source, Sources } from './sources.ts';

type Place = Pick<Source, 'host' | 'address'>;

/** A download and filters between it and what interprets it (`curl | base64 -d | tee x | sh`). */
const mostBefore = 5;

/** An interpreter that reads its program from a pipe, at whose other end somebody goes to the network. */
export function pipedDownload(pipes: Pipes, contacts: Sources): Detector {
  const downloads = new WeakMap<ProcessImage, Place>();
  const placeOf = ({ image }: ProcessNode) =>
    downloads.get(image) ?? (image.stdin.kind === 'network' ? contacts.above(image) : null);
  return {
    executed(node) {
      if (!isInterpreter(node)) return null;
      const before = [...pipes.before(node, mostBefore)];
      const places = before.map(placeOf);
      const source = before.length === 0 ? feederOf(node.image, contacts) : places.find((place) => place !== null);
      return source ? hitOf(node, source) : null;
    },
    connected(event, node, origin) {
      if (!isDownload(event, node)) return null;
      const source = { host: hostOf(event, origin), address: event.address };
      downloads.set(node.image, source);
      const interpreter = [...pipes.after(node, mostBefore)].find(isInterpreter);
      return interpreter === undefined ? null : hitOf(interpreter, source);
    },
  };
}

/** `bash <(curl …)`, `echo "$(curl …)" | sh`: the pipe is not the interpreter's input, so it is what started both that joins them. */
export function downloadBeside(pipes: Pipes): Detector {
  const downloads = new WeakMap<ProcessImage, Place & { readonly by: ProcessImage }>();
  const readers = new WeakMap<ProcessImage, ProcessNode>();
  return {
    executed(node) {
      const { parent } = node.image;
      if (parent === null || !(readsDescriptor(node.image) || isGivenText(node, pipes))) return null;
      readers.set(parent, node);
      const source = downloads.get(parent);
      return source !== undefined && mayHold(node.image, source.by) ? hitOf(node, source) : null;
    },
    connected(event, node, origin) {
      const { parent, stdout } = node.image;
      if (parent === null || !isDownload(event, node) || stdout.file === parent.stdout.file) return null;
      if (pipes.reader(stdout) !== null) return null;
      const source = { host: hostOf(event, origin), address: event.address, by: node.image };
      downloads.set(parent, source);
      const reader = readers.get(parent);
      return reader?.image.end === null ? hitOf(reader, source) : null;
    },
  };
}

/** `eval "$(curl …)"`: a shell reads what comes and takes it for a program, as the text says that it was given. */
export function downloadInText(): Detector {
  return {
    connected(event, node, origin) {
      if (!isDownload(event, node)) return null;
      const shell = shellAbove(node);
      return shell === null ? null : hitOf(shell, { host: hostOf(event, origin), address: event.address });
    },
  };
}

/** The nearest of the shells above a download that was told to execute one. */
function shellAbove(node: ProcessNode): ProcessNode | null {
  let at = node.parent;
  for (let count = 0; at !== null && count < mostBefore; count += 1) {
    if (executesDownload.test(programText(at.image) ?? '')) return at;
    at = at.parent;
  }
  return null;
}

const executesDownload =
  /(^|[\s;&|({'"`])(eval|source|\.|[\w./-]{0,64}sh\s+-\w*c|python3?\s+-c|(node|perl|ruby)\s+-e|[\w./-]{0,64}sh\s+<<<)\s*["']?(\$\(|`|<\()\s*(curl|wget)\s/;

function isDownload(event: ConnectEvent, { image }: ProcessNode): boolean {
  return image.stdout.kind === 'pipe' && !isOwnResolver(event) && !isLoopback(event.address);
}

function isInterpreter({ image }: ProcessNode): boolean {
  return (image.stdin.kind === 'pipe' || image.stdin.kind === 'unix') && readsProgram(image);
}

/** A script that its parent made up: given by a pipe that nobody was executed with (`echo`, `<<<`), or as an argument that is one whole. */
function isGivenText(node: ProcessNode, pipes: Pipes): boolean {
  const { stdin, parent } = node.image;
  if (isInterpreter(node))
    return stdin.kind === 'pipe' && stdin.file !== parent?.stdin.file && pipes.writer(stdin) === null;
  return isOfText(node.image);
}

/**
 * A shell that keeps what it downloaded (`version=$(curl …)`) and later gives an interpreter a text has most likely not given it that: the download runs while
 * the interpreter does, or the interpreter's own process started it (`bash <<< "$(curl …)"`), or the text is a script's file.
 */
function mayHold(interpreter: ProcessImage, download: ProcessImage): boolean {
  return download.end === null || download.parentPid === interpreter.pid || isOfText(interpreter);
}

/** What started it holds the other end of its input and went to the network: `subprocess.run('sh', input=urlopen(…).read())`. */
function feederOf({ stdin, parent }: ProcessImage, contacts: Sources): Place | null {
  return parent === null || parent.stdin.file === stdin.file ? null : contacts.of(parent);
}

/** Some coding agents keep a shell that they write to. */
function hitOf(by: ProcessNode, { host, address }: Place): Hit {
  const severity = isPublic(address) && by.parent?.agent?.isAgent !== true ? 'Medium' : 'Low';
  return { rule: 'piped-download', severity, subject: { kind: 'host', name: host }, by };
}
