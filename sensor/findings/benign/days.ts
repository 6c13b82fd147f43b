import { dependencies } from './packages.ts';

/** An honest job: what its repository holds, and what it runs there. */
export interface Day {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** For `sh -e`, so that whatever fails ends it; it runs in the network of world.ts. */
  readonly script: string;
}

const source = {
  'src/main.c': '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n',
  Makefile: 'all: build/main\nbuild/main: src/main.c\n\tmkdir -p build\n\tcc -o $@ $<\n',
  'CLAUDE.md': 'Be kind.\n',
};

const npmProject = {
  'package.json': JSON.stringify({
    name: 'web',
    version: '1.0.0',
    scripts: { prepare: 'husky', build: 'node build.js', test: 'node --test' },
    devDependencies: dependencies,
  }),
  '.husky/pre-commit': 'node --check build.js\n',
  'build.js':
    "require('fs').mkdirSync('dist', { recursive: true }); require('fs').writeFileSync('dist/out.js', 'built'); require('child_process').execSync('true');",
  'a.test.js':
    "require('node:test')('serves', (t, done) => { const server = require('http').createServer((q, r) => r.end()).listen(0, '127.0.0.1', function () { require('http').get({ host: '127.0.0.1', port: this.address().port }, () => { server.close(); done(); }); }); });",
};

export const days: readonly Day[] = [
  {
    name: 'npm: ci, install, build, test, publish',
    files: npmProject,
    script: `
npm ci $NPM_OPTIONS
npm run build
npm test
rm -rf node_modules package-lock.json
npm install $NPM_OPTIONS
npm publish --ignore-scripts`,
  },
  {
    name: 'git: clone with a password, commit, rebase, merge, stash, push',
    files: source,
    script: `
git clone -q --bare . "$WORLD/git/web.git"
git -C "$WORLD/git/web.git" config http.receivepack true
git clone -q http://git.example.com/web.git copy
cd copy
git checkout -q -b topic
echo two >> Makefile
git commit -qam Topic
git checkout -q main
echo three > three
git add three
git commit -qm Three
git checkout -q topic
git rebase -q main
git checkout -q main
git merge -q --no-ff -m Merge topic
echo four >> three
git stash -q
git stash pop -q
git diff > ../four.diff
git checkout -q three
git apply ../four.diff
git worktree add -q ../tree
git cherry-pick HEAD -m 1 || git cherry-pick --abort
git -c protocol.file.allow=always submodule --quiet add "$WORLD/git/web.git" sub
git commit -qam Sub
git push -q origin main
git pull -q
git gc -q
git fsck --no-progress
git log --stat | cat > /dev/null`,
  },
  {
    name: 'C: configure, make, patch, sed, tar, gdb',
    files: {
      ...source,
      'configure.sh': 'cat > config.h <<EOF\n#define READY 1\nEOF\necho "cc --version" | sh > config.log\n',
      'main.patch':
        '--- a/src/main.c\n+++ b/src/main.c\n@@ -1,2 +1,2 @@\n #include <stdio.h>\n-int main(void) { puts("hello"); return 0; }\n+int main(void) { puts("patched"); return 0; }\n',
    },
    script: `
sh configure.sh
patch -p1 < main.patch
make
./build/main
sed -i s/patched/changed/ src/main.c
make -B
./build/main
gdb -q -batch -ex run ./build/main > /dev/null
tar -cf - src | tar -tf - > /dev/null; find . -name '*.c' | xargs cat | sort | uniq -c > /dev/null; (sleep 0.1 & wait)`,
  },
  {
    name: 'a release: download, compare, unpack, run, with a password in .netrc',
    files: source,
    script: `
curl -fsSn -o tool.js http://releases.example.com/tool.js
sha256sum tool.js > sums
sha256sum -c sums
node tool.js; wget -q -O other.js http://releases.example.com/tool.js
curl -fsS http://releases.example.com/tool.js | sha256sum; curl -fsS http://releases.example.com/list.json | node -e "process.stdin.resume()"
curl -fsS http://releases.example.com/tools.tgz | tar -xz
node package/tool.js`,
  },
  {
    name: 'a script: versions by curl, texts for interpreters, a clone that goes again, a workspace that is cleaned',
    files: { ...source, '.claude/settings.json': '{}\n', '.github/workflows/ci.yml': 'on: push\n' },
    script: `
version=$(curl -fsS http://releases.example.com/list.json)
bash <<EOF
test "$version" = "[]"
EOF
curl -fsS -o list.json http://releases.example.com/list.json
python3 - <<EOF || true
print(1)
EOF
git clone -q . copy
cp copy/src/main.c other.c
rm -rf copy
tar -cf - src | (mkdir out && cd out && tar -xf -)
(echo > /dev/tcp/203.0.113.12/80) 2> /dev/null || true
rm -rf ./* ./.[!.]*`,
  },
  {
    name: 'Python: a venv, a wheel, tests, subprocesses',
    files: {
      'test_a.py':
        'import subprocess, sys, unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout, b"1\\n")\n',
      'wheel.py':
        'import zipfile\nwith zipfile.ZipFile("a-1.0-py3-none-any.whl", "w") as w:\n    w.writestr("a.py", "x = 1\\n")\n    w.writestr("a-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: a\\nVersion: 1.0\\n")\n    w.writestr("a-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")\n    w.writestr("a-1.0.dist-info/RECORD", "")\n',
    },
    script: `
command -v python3 || exit 0
python3 -m venv --without-pip venv
python3 wheel.py
python3 -m pip install -q --no-index --target venv/packages a-1.0-py3-none-any.whl
export PYTHONPATH=$PWD/venv/packages
venv/bin/python -m unittest -q
venv/bin/python -c "import a, multiprocessing as m; m.Process(target=print).start()"`,
  },
  {
    name: 'Go: build and run',
    files: {
      'go.mod': 'module example.com/web\n\ngo 1.20\n',
      'main.go': 'package main\n\nfunc main() { println("hello") }\n',
    },
    script: `
command -v go || exit 0
export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local
go build -o web .
./web`,
  },
  {
    name: 'TypeScript: compile, bundle, format',
    files: {
      'a.ts': 'export const answer: number = 42;\n',
      'tsconfig.json': '{"compilerOptions":{"outDir":"dist","types":[]},"files":["a.ts"]}',
    },
    script: `
"$BIN/tsc" -p .
"$BIN/esbuild" a.ts --bundle --outfile=dist/bundle.js --log-level=error
node -e "const fs = require('fs'); fs.writeFileSync('a.ts', fs.readFileSync('a.ts', 'utf8').trim())"`,
  },
  {
    name: 'a look around: processes, environment, services, a daemon that stays',
    files: source,
    script: `
ps aux > /dev/null; env > /dev/null; id; cat /proc/self/environ /proc/self/maps > /dev/null; ls -l /proc/*/exe > /dev/null 2>&1 || true
perl -e 'system(q(true))'; bash -c 'exec 3<>/dev/tcp/203.0.113.12/80; printf "GET /list.json HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3' > /dev/null
node -e "const { spawn } = require('child_process'); const sh = spawn('sh'); sh.stdin.end('exit 0\\n')"
getent hosts releases.example.com nowhere.example.com || true
setsid sleep 30 > /dev/null 2>&1 < /dev/null &`,
  },
];

/** Workflows of act: the steps are steps of their own. */
export const workflow = {
  ...source,
  '.github/workflows/ci.yml': `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {name: Look around, run: "ps aux > /dev/null; env > /dev/null; id; cat /proc/self/environ > /dev/null"}
      - {name: Build, run: "make && ./build/main"}
      - {name: Change, run: "sed -i s/hello/bye/ src/main.c && make -B"}
      - {name: Script, run: "perl -e 'system(q(true))'"}
      - {name: Leave, run: "setsid sleep 30 > /dev/null 2>&1 < /dev/null & sleep 0.5"}
      - {name: Wait, run: "sleep 3"}
`,
};
