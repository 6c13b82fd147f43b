import { isAbsolute, join } from 'node:path/posix';
import type { ProcessImage } from '../lineage/process-table.ts';
import { baseName } from '../spans/text.ts';
import type { PathForm } from './path-globs.ts';

/** What the program of an agent is: told by where its file lies, since a name is anybody's to choose. */
export interface AgentProgram {
  /** Its npm packages, each standing for those of its platforms too (`NAME-linux-x64`). */
  readonly packages: readonly string[];
  /** The file of such a package that is the agent; packages hold other programs as well, and launchers that become or start it. */
  readonly entry: RegExp;
  /** The path that its installer gives it. */
  readonly installed?: PathForm;
  /** Whole paths of scripts; with `interpreter`, where that one interprets them. */
  readonly scripts?: PathForm;
  readonly interpreter?: RegExp;
  /** What it is called in a folder of programs; default: no name says anything. */
  readonly name?: string;
  /** What the same file is called where it is another program: some hold several, and the first argument chooses. */
  readonly others?: RegExp;
}

/** Whether an image is the agent: its package's program or script, or where its installer puts it. */
export function isProgramOf(image: ProcessImage, program: AgentProgram): boolean {
  if (isOther(image, program)) return false;
  if (program.installed?.test(image.path) || isScriptOf(image, program)) return true;
  const file = fileInPackage(scriptOf(image) ?? image.path, program);
  return file !== null && program.entry.test(file);
}

/** Whether it is only called so. */
export function bearsNameOf(image: ProcessImage, program: AgentProgram): boolean {
  return isNamed(image, program) && !isOther(image, program);
}

/** Whether it is anything that comes with the agent. */
export function isPartOf(image: ProcessImage, program: AgentProgram): boolean {
  if (program.installed?.test(image.path) || isScriptOf(image, program) || isNamed(image, program)) return true;
  const files = [image.path, scriptOf(image) ?? ''];
  return files.some((file) =>
    file
      .split(modules)
      .slice(1)
      .some((inside) => afterPackage(inside, program) !== null),
  );
}

function isScriptOf(image: ProcessImage, { scripts, interpreter }: AgentProgram): boolean {
  if (scripts === undefined || interpreter?.test(image.path) === false) return false;
  const script = scriptOf(image) ?? pythonScriptOf(image);
  return (
    (script !== null && scripts.test(script)) || (image.traits.script && scripts.test(whole(image.filename, image)))
  );
}

/** Within a package a name says nothing, but for the links to all of their programs. */
function isNamed(image: ProcessImage, { name }: AgentProgram): boolean {
  const file = scriptOf(image) ?? (image.traits.script ? '' : image.path);
  return name !== undefined && baseName(file) === name && (!file.includes(modules) || file.includes(`${modules}.bin/`));
}

/** The file that the program is: the script, of an interpreter. */
export function programFile(image: ProcessImage): string {
  return scriptOf(image) ?? image.path;
}

/** What Node and Bun interpret, as a whole path; `null` for other programs, and for code in the arguments. */
export function scriptOf(image: ProcessImage): string | null {
  const { path, argv } = image;
  const interpreter = baseName(path);
  if (!interpreters.test(interpreter)) return null;
  const at = argv.findIndex((word, index) => index > 0 && !isOption(word, argv[index - 1] ?? ''));
  if (argv.slice(1, at).some((word) => evaluates.test(word))) return null;
  const script = argv[at] === 'run' && interpreter === 'bun' ? argv[at + 1] : argv[at];
  return script === undefined ? null : whole(script, image);
}

/** What Python interprets; `null` for modules and for what stands in its arguments. */
function pythonScriptOf(image: ProcessImage): string | null {
  if (!/^python[\d.]*$/.test(baseName(image.path))) return null;
  const [first] = image.argv.slice(1).filter((word) => !/^-[a-zA-Z]*[^mcXW]$/.test(word));
  return first === undefined || first.startsWith('-') ? null : whole(first, image);
}

function whole(path: string, { cwd }: Pick<ProcessImage, 'cwd'>): string {
  return isAbsolute(path) ? path : join(cwd || '/', path);
}

/** Or the value of one. */
function isOption(word: string, before: string): boolean {
  return word.startsWith('-') || optionsWithValue.test(before);
}

/** The agent's file within the package that it lies in. */
function fileInPackage(file: string, program: AgentProgram): string | null {
  const parts = file.split(modules);
  return parts.length < 2 ? null : afterPackage(parts.at(-1) ?? '', program);
}

function afterPackage(inside: string, { packages }: AgentProgram): string | null {
  for (const name of packages) {
    const rest = inside.startsWith(name) ? /^(?:-linux[\w-]*)?\/(.*)$/s.exec(inside.slice(name.length)) : null;
    if (rest !== null) return rest[1] ?? '';
  }
  return null;
}

function isOther({ argv: [called = '', option = ''] }: ProcessImage, { others }: AgentProgram): boolean {
  return others !== undefined && (others.test(baseName(called)) || (option.startsWith('--') && others.test(option)));
}

const modules = '/node_modules/';
const interpreters = /^(node|nodejs|bun)$/;
const evaluates = /^(-e|-p|-pe|--eval|--print)(=|$)/;
/** Of Node, those with their value in the next word. */
const optionsWithValue = /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--title|--env-file)$/;
