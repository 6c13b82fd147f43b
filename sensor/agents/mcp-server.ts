import type { Stream } from '../decode/process-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { baseName } from '../spans/text.ts';
import { scriptOf } from './agent-program.ts';
import { AgentWork } from './agent-work.ts';
import { shellText } from './shell-call.ts';

/** A process that an agent speaks to over its standard streams for as long as it lives, as it does with an MCP server. */
export class McpServer {
  readonly root: ProcessNode;
  readonly work = new AgentWork();
  /** The last program that the process became. */
  #image: ProcessImage;

  constructor(root: ProcessNode) {
    this.root = root;
    this.#image = root.image;
  }

  /** What was started to run a server may become it. */
  executed(image: ProcessImage): void {
    if (image.replaced !== null && image.pid === this.root.image.pid) this.#image = image;
  }

  /** Known once it has ended: what an agent asks a program is answered in less. */
  get livedOn(): boolean {
    const { start, end } = this.root.image;
    return end !== null && end - start >= livesOn;
  }

  get name(): string {
    return serverName(this.#image);
  }
}

/**
 * In nanoseconds. Of the agents' sessions in e2e/engines/agents the servers lived 350 ms and more, though their model answers at once, and what else
 * had both streams (git alone) 8 ms at the most; faster machines are left room.
 */
const livesOn = 100_000_000n;

/**
 * Whether a process that an agent started, and that is no tool call and no part of the agent, may be such a server: it reads from the agent and
 * writes to it. A shell with a command is none, since hooks are such; nor is git, which agents ask all the time.
 */
export function mayServe(image: ProcessImage): boolean {
  const isAsked = isChannel(image.stdin) && isChannel(image.stdout);
  return (
    isAsked && shellText(image) === null && baseName(image.path) !== 'git' && !languageServer.test(image.argv.join(' '))
  );
}

/** Agents start these in the same way, and speak another protocol with them. */
const languageServer = /lang(uage)?-?server|\blsp\b|\bgopls\b|rust-analyzer|clangd/i;

/** Node and Bun make sockets where others make pipes. */
function isChannel({ kind }: Stream): boolean {
  return kind === 'pipe' || kind === 'unix';
}

/** What a person would call it: the package, else the script, else the program. The name that the agent has for it is in the agent's settings alone. */
export function serverName(image: ProcessImage): string {
  const { path, argv } = image;
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  const script = scriptOf(image) ?? (python.test(baseName(path)) ? words[0] : undefined);
  const runner = baseName(script ?? path);
  if (runners.test(runner)) return packageIn(argv, runner) ?? runner;
  if (script === undefined) return runner;
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(script)?.[1] ?? runner.replace(/\.[cm]?[jt]s$|\.py$/, '');
}

/** `npx -y PACKAGE`, `npm exec PACKAGE`, `pnpm dlx PACKAGE`, `uvx PACKAGE`, or of several programs one (`-p PACKAGE`): with its version, as it was asked for. */
function packageIn(argv: readonly string[], runner: string): string | undefined {
  const words = argv.slice(argv.findIndex((word) => baseName(word) === runner) + 1);
  const first = words.findIndex(
    (word, at) => !word.startsWith('-') && !verbs.test(word) && !withValue.test(words[at - 1] ?? ''),
  );
  if (first < 0) return undefined;
  const options = words.slice(0, first);
  const named = options.findIndex((word) => naming.test(word));
  return named < 0
    ? words[first]
    : options[named]?.includes('=')
      ? options[named].replace(/^[^=]*=/, '')
      : options[named + 1];
}

const runners = /^(npx|npm|npx-cli\.js|npm-cli\.js|pnpm|pnpx|yarn|bunx|uvx|pipx)$/;
const verbs = /^(exec|x|dlx|run)$/;
/** Options of these that say which package it is, and all that have their value in the next word. */
const naming = /^(-p|--package|--from|--spec)(=|$)/;
const withValue =
  /^(-p|--package|--from|--spec|--prefix|--registry|--cache|--userconfig|-w|--workspace|-C|--dir|--python|--with|--index-url)$/;
const python = /^python[\d.]*$/;
