const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

const workspace = process.env.GITHUB_WORKSPACE;
const git = (...args) => execFileSync('git', args, { cwd: workspace, stdio: 'inherit' });
git('init', '--quiet', '--initial-branch=main', workspace);
git('fetch', '--quiet', join(process.env.RUNNER_JOB_FOLDER, 'repository.bundle'), 'main');
git('checkout', '--quiet', '--force', process.env.GITHUB_SHA);
