const { execFileSync } = require('node:child_process');

execFileSync('git', ['config', '--local', '--list'], { cwd: process.env.GITHUB_WORKSPACE });
