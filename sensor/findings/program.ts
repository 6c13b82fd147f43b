import type { ProcessImage } from '../lineage/process-table.ts';
import { baseName } from '../spans/text.ts';

/**
 * What an image is called: the file that runs, the script that it interprets, and of `node …/npm-cli.js` also `npm-cli.js`. The first is the
 * kernel's word; the others are what a step can choose, so they may lower a finding, and never decide alone that there is none.
 */
function programNames(image: ProcessImage): string[] {
  const files = [image.program ?? image.path, image.filename];
  const script = interpreterName.test(baseName(image.path)) ? scriptOf(image) : null;
  return [...files, ...(script === null ? [] : [script])].map(baseName);
}

/** Whether one of its names fits, whatever version or suffix of a script stands behind it: `npm-cli.js` is npm. */
export function isCalled(image: ProcessImage, names: RegExp): boolean {
  return programNames(image).some((name) => names.test(name.replace(/(-cli)?\.(js|cjs|mjs|py)$/, '')));
}

/** A program that version control consists of, from a place where the job does not keep its own files. */
export function isVersionControl(image: ProcessImage): boolean {
  return versionControl.test(baseName(image.path)) && systemFolder.test(image.path);
}

/** What git's hooks are installed by: its package, or its program's name. A step can choose both. */
export function isHookManager(image: ProcessImage): boolean {
  return hookPackages.test(`${image.cwd}/`) || hookPackages.test(image.path) || isCalled(image, hookManagers);
}

const hookPackages = /\/node_modules\/(husky|simple-git-hooks|yorkie|(@evilmartians\/)?lefthook(-[\w-]+)?)\//;
const hookManagers = /^(husky|lefthook|pre-commit|simple-git-hooks)$/;

/** The system's own listing of processes, which opens each one's environment even where it is not asked to show it (procps 4), as `ps e` is. */
export function listsProcesses({ path, argv }: ProcessImage): boolean {
  if (!listing.test(baseName(path)) || !systemFolder.test(path)) return false;
  return !argv.slice(1).some((option) => /^[a-zA-Z]*e[a-zA-Z]*$/.test(option) || option.includes('environ'));
}

const listing = /^(ps|top|pgrep|pkill|pidof|w|uptime)$/;

/** A program out of the job's own hands: of a file that it wrote, in memory, or without a name. */
export function isOfJobsOwn({ path, traits }: ProcessImage): boolean {
  return traits.memfd || traits.unlinked || !systemFolder.test(path);
}

const versionControl = /^(git|git-.+|scalar|hg|svn|jj)$/;
const systemFolder = /^\/(usr|bin|opt|nix|snap|lib|home\/linuxbrew)\//;

/** What interprets programs that it is given. */
const interpreterName =
  /^((ba|da|z|k|mk|lk|ya|r|c|tc|a|fi)?sh|static-sh|tclsh|wish|expect|(python|pypy|perl|ruby|node|nodejs|php|pwsh|lua|luajit|deno|bun)-?)[\d.]*$|^busybox$/;

export function isInterpreter({ path }: ProcessImage): boolean {
  return interpreterName.test(baseName(path));
}

/** Whether it is an interpreter that takes its program from its standard input: it was given none, neither as a file nor as text. */
export function readsProgram(image: ProcessImage): boolean {
  return isInterpreter(image) && !image.traits.script && isWithoutProgram(image);
}

/** Whether the program is given by a descriptor, as `bash <(…)` is. */
export function readsDescriptor(image: ProcessImage): boolean {
  if (!isInterpreter(image)) return false;
  return /^\/(dev|proc\/self)\/fd\/\d+$/.test(scriptOf(image) ?? '');
}

/** Whether a shell was given a whole script as text, with the first line that files have and nobody writes on a command line. */
export function isOfText(image: ProcessImage): boolean {
  return programText(image)?.startsWith('#!') === true;
}

/** …and as if somebody sat before it. */
export function isInteractive(image: ProcessImage): boolean {
  return readsProgram(image) && image.argv.slice(1).some((option) => /^-[a-z]*i[a-z]*$/.test(option));
}

/** busybox and the like are called by their applet, by a link of its name or as the first argument; it says more than the file. */
function isWithoutProgram({ argv, ...image }: ProcessImage): boolean {
  const isByArgument = baseName(image.path) === 'busybox' && baseName(image.filename).startsWith('busybox');
  const applet = isByArgument ? (argv[1] ?? '') : image.filename;
  if (baseName(image.path) === 'busybox' && !interpreterName.test(baseName(applet))) return false;
  const options = argv.slice(isByArgument ? 2 : 1);
  const end = options.findIndex((option) => !option.startsWith('-') || option === '-' || option === '--');
  const own = end < 0 ? options : options.slice(0, end);
  if (own.some((option) => givesText(image, option) || asksOnly.test(option))) return false;
  return end < 0 || own.includes('-s') || ownInput.test(options[end] ?? '');
}

/** Names of a process's own standard input. */
const ownInput = /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

/** `--version`, `-V`, `--help`: nothing is read. */
const asksOnly = /^--?(version|help)$|^-[Vh]$/;

/** The script that an interpreter was called with; `null` where it was given none, or a text (`-c`, `-e`). */
export function scriptOf(image: ProcessImage): string | null {
  if (image.traits.script) return image.filename;
  const rest = image.argv.slice(1);
  const at = rest.findIndex((argument) => !argument.startsWith('-') || argument === '-');
  const options = at < 0 ? rest : rest.slice(0, at);
  if (options.some((option) => option === '-s' || givesText(image, option))) return null;
  const script = rest[at];
  return script === undefined || script === '-' ? null : script;
}

/** The text that a shell was given as its program (`-c TEXT`). */
export function programText(image: ProcessImage): string | null {
  if (!isShell(image)) return null;
  const at = image.argv.findIndex((option, index) => index > 0 && givesText(image, option));
  return at < 0 ? null : (image.argv[at + 1] ?? null);
}

/** `-c TEXT`, `-lc TEXT` of shells, where `-e` means something else; `-e TEXT`, `--eval TEXT`, `-m MODULE` of the others. */
function givesText({ path }: Pick<ProcessImage, 'path'>, option: string): boolean {
  return shellName.test(baseName(path))
    ? /^-[a-z]*c$/.test(option)
    : /^-[a-zA-Z]*[cemE]$|^--(eval|print)$|^-p$/.test(option);
}

const shellName = /^(ba|da|z|k|mk|lk|ya|r|c|tc|a|fi)?sh$|^static-sh$|^busybox/;

/** A shell, by the file that runs. */
export function isShell({ path }: ProcessImage): boolean {
  return shellName.test(baseName(path));
}
