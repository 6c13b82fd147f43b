import type { FileEvent } from '../decode/file-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { BoundedSet } from './bounded-set.ts';
import { changedPath, partBelow } from './changed-path.ts';
import type { Detector, Hit, JobView } from './detector.ts';
import { isCalled, isVersionControl } from './program.ts';

/** Files that version control wrote, of which later changes are told; a checkout of more is not followed whole. */
const maxFiles = 8_192;

/** A file that version control wrote in this job is changed by something else. */
export function changedSource(job: JobView): Detector {
  const checkedOut = new BoundedSet(maxFiles);
  const deleters = new WeakSet<ProcessImage>();
  return {
    get forgotten() {
      return checkedOut.forgotten;
    },
    touched(event, node) {
      const path = changedPath(event);
      if (path === null || !isSource(partBelow(path, job.workspace()))) return null;
      if (isVersionControl(node.image)) {
        checkedOut.add(path);
        return null;
      }
      const isTold = checkedOut.has(path) && isNew(event, node, deleters);
      return isTold ? hitOf(path, node) : null;
    },
  };
}

/** `rm -rf` of a whole clone is one finding, not one for each of its files; and a mode is no content. */
function isNew({ operation }: FileEvent, { image }: ProcessNode, deleters: WeakSet<ProcessImage>): boolean {
  if (operation !== 'delete') return operation !== 'chmod';
  const isFirst = !deleters.has(image);
  deleters.add(image);
  return isFirst;
}

/** Not what version control keeps for itself, in this clone or in one below it. */
function isSource(below: string | null): boolean {
  return below !== null && !below.startsWith('.git/') && !below.includes('/.git/');
}

function hitOf(path: string, node: ProcessNode): Hit {
  const severity = isBelowInstall(node) && !lockFile.test(path) ? 'Medium' : 'Low';
  return { rule: 'source-changed', severity, subject: { kind: 'file', name: path } };
}

/** Package managers keep these themselves. */
const lockFile =
  /\/(package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|Gemfile\.lock|poetry\.lock|uv\.lock|go\.(mod|sum)|composer\.lock)$/;

/** Code of a dependency that runs because it is installed: nobody of the project wrote or started it. */
function isBelowInstall({ parent }: ProcessNode): boolean {
  for (let at = parent; at !== null; at = at.parent) if (isInstall(at)) return true;
  return false;
}

function isInstall({ image }: ProcessNode): boolean {
  return isCalled(image, packageManager) && image.argv.some((argument) => installWords.test(argument));
}

const packageManager = /^(npm|pnpm|yarn|bun|pip\d*|gem|bundle|composer)$/;
const installWords = /^(ci|i|install|add|rebuild|update|clean-install)$/;
