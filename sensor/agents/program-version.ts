import { versionOf } from './agent-word.ts';

/**
 * The version in a program's path: where pnpm keeps packages (`.pnpm/@google+gemini-cli@0.61.0_peers/node_modules`) and where Claude Code's installer
 * keeps its programs (`.local/share/claude/versions/2.1.330`). `null`: the path says none.
 */
export function versionInPath(file: string): string | null {
  const [, store, installed] = named.exec(file) ?? [];
  return versionOf(store ?? installed);
}

const named =
  /\/\.pnpm\/(?:@[^/+]+\+)?[^/@]+@([^/_(]+)[^/]*\/node_modules\/|\/\.local\/share\/claude\/versions\/([^/]+)$/;

/** The `package.json` of the npm package that a file lies in; `null`: it lies in none. */
export function packageFileOf(file: string): string | null {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/@.][^/]*(?=\/)/.exec(file) ?? [];
  return folder === undefined ? null : `${folder}/package.json`;
}

/** The version in a `package.json`, without the platform that some carry (`0.169.0-linux-x64`); `null`: there is none, or it is none. */
export function versionOfPackage(text: string): string | null {
  const { version } = parsed(text);
  return typeof version === 'string' ? versionOf(version.replace(/-(linux|darwin|win32)-\w{1,16}$/, '')) : null;
}

function parsed(text: string): { version?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
