import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The runner's folders below its root (`/home/runner` in the image), named as the runner names them. */
export interface RunnerFolders {
  root: string;
  diag: string;
  temp: string;
  fileCommands: string;
  actions: string;
  toolCache: string;
  /** GITHUB_WORKSPACE: `_work/<repository>/<repository>`. */
  workspace: string;
  /** RUNNER_WORKSPACE: its parent. */
  pipeline: string;
}

export function makeRunnerFolders(root: string, repository: string): RunnerFolders {
  const work = join(root, '_work');
  const name = repository.split('/')[1] ?? repository;
  const folders = {
    root,
    diag: join(root, '_diag'),
    temp: join(work, '_temp'),
    fileCommands: join(work, '_temp', '_runner_file_commands'),
    actions: join(work, '_actions'),
    toolCache: join(work, '_tool'),
    pipeline: join(work, name),
    workspace: join(work, name, name),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  mkdirSync(join(folders.diag, 'pages'), { recursive: true });
  return folders;
}

/** The event that started the run, where GITHUB_EVENT_PATH points. */
export function writeEventFile(folders: RunnerFolders, github: Map<string, string>): string {
  const folder = join(folders.temp, '_github_workflow');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'event.json');
  writeFileSync(file, JSON.stringify({ ref: github.get('ref'), repository: { full_name: github.get('repository') } }));
  return file;
}

/** The node that runs JavaScript actions stands in `externals`, so that the path of their processes is the one that they have under the runner. */
export function placeExternalNode(folders: RunnerFolders, node: string): string {
  const folder = join(folders.root, 'externals', 'node24', 'bin');
  const file = join(folder, 'node');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) symlinkSync(node, file);
  return file;
}
