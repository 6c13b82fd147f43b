/** Where in a job's world a file lies. `asked`: below a path that the policy names; `repeated`: the process told of the file before, see {@link FileTotals}. */
export const filePlaces = ['workspace', 'home', 'temporary', 'tools', 'asked', 'other', 'repeated'] as const;
export type FilePlace = (typeof filePlaces)[number];

export interface Surroundings {
  /** The job's working folder; null where it is not known. */
  readonly workspace: string | null;
  /** Folders that the policy asks for. */
  readonly asked: readonly string[];
}

/** The runner lays its folders out below `_work`: one for the workspace, and those of its own. */
const runnerPlaces: readonly (readonly [FilePlace, RegExp])[] = [
  ['temporary', /\/_work\/_temp(\/|$)/],
  ['tools', /\/_work\/_(tool|actions)(\/|$)/],
  ['workspace', /\/_work\/([^/]+)\/\1(\/|$)/],
];

const places: readonly (readonly [FilePlace, RegExp])[] = [
  ['temporary', /^(\/var)?\/tmp(\/|$)|^\/dev\/shm(\/|$)|^(\/var)?\/run\/user\/\d+(\/|$)/],
  ['tools', /^\/opt\/hostedtoolcache(\/|$)|\/\.(cargo|rustup|nvm|pyenv|rbenv|sdkman|dotnet)\/|^\/usr\/local\//],
  ['home', /^\/root(\/|$)|^\/home\/[^/]+(\/|$)/],
];

/** The smallest of the places that a path lies in. */
export function placeOf(path: string, { workspace, asked }: Surroundings): FilePlace {
  if (asked.some((folder) => isBelow(path, folder))) return 'asked';
  const ofRunner = matching(runnerPlaces, path);
  if (ofRunner !== null) return ofRunner;
  if (workspace !== null && !isWide(workspace) && isBelow(path, workspace)) return 'workspace';
  return matching(places, path) ?? 'other';
}

function matching(table: readonly (readonly [FilePlace, RegExp])[], path: string): FilePlace | null {
  return table.find(([, pattern]) => pattern.test(path))?.[0] ?? null;
}

/** A command that was started in one of these does not make all of it its workspace. */
function isWide(folder: string): boolean {
  return /^\/?$|^\/(root|home|tmp|var|usr|opt|etc|home\/[^/]+)\/?$/.test(folder);
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}
