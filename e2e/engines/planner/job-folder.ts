import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Plan, planJob } from './plan-job.ts';

/** Makes a git repository of a folder's files, with one commit on `main` at a fixed time, and returns the commit. */
export function makeRepository(files: string, target: string): string {
  cpSync(files, target, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', target, ...args], { env: gitEnvironment(), encoding: 'utf8' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message=Add the project');
  return git('rev-parse', 'HEAD').trim();
}

/** One file that holds the repository, to be cloned from (`git bundle`): fits into a ConfigMap. */
function bundleRepository(repository: string, file: string): void {
  execFileSync('git', ['-C', repository, 'bundle', 'create', '--quiet', file, 'HEAD', 'main'], {
    env: gitEnvironment(),
  });
}

/**
 * Writes what the runner stand-in takes as its job into a folder: `job.json`, `repository.bundle`, and an archive `owner_name_ref.tar.gz` of each action of another
 * repository.
 */
export function writeJobFolder(
  plan: Omit<Plan, 'facts'> & { facts: Omit<Plan['facts'], 'sha'> },
  folder: string,
): void {
  mkdirSync(folder, { recursive: true });
  const sha = bundleFiles(plan.repository, join(folder, 'repository.bundle'));
  writeFileSync(join(folder, 'job.json'), JSON.stringify(planJob({ ...plan, facts: { ...plan.facts, sha } })));
  for (const [reference, action] of Object.entries(plan.actions ?? {})) {
    execFileSync('tar', ['-czf', join(folder, `${reference.replaceAll(/[/@]/g, '_')}.tar.gz`), '-C', action, '.']);
  }
}

/** The files of a folder as one commit in a bundle; returns the commit. */
export function bundleFiles(files: string, bundle: string): string {
  const scratch = mkdtempSync(join(tmpdir(), 'chaperone-repository-'));
  try {
    const sha = makeRepository(files, scratch);
    bundleRepository(scratch, bundle);
    return sha;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Nothing of the machine's own git settings, and the same commit for the same files. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const who = { NAME: 'Octo Cat', EMAIL: 'octocat@example.com', DATE: '2026-01-01T00:00:00Z' };
  const identity = Object.entries(who).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  return {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    ...Object.fromEntries(identity),
  };
}
