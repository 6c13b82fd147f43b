const { execFileSync } = require('node:child_process');

const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n').length;
console.log(`${process.env.INPUT_TITLE}: ${files} files`);
