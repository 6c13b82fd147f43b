/** Packages of the workspace; each is built by a composite action of six steps. */
export const packages: readonly string[] = [
  ...['core', 'cli', 'web', 'api', 'auth', 'billing', 'search', 'mail', 'queue', 'cache', 'store', 'graph', 'media'],
  ...['maps', 'chat', 'forms', 'charts', 'icons', 'theme', 'i18n', 'parser', 'lexer', 'router', 'logger', 'metrics'],
  ...['tracing', 'config', 'schema', 'client', 'server', 'worker', 'proxy', 'crypto', 'tokens', 'flags', 'jobs'],
  ...['docs', 'examples', 'assets', 'fonts', 'emails', 'invoices', 'reports', 'audit'],
  'very-long-package-name-that-somebody-thought-says-everything',
  '構建ツール',
];

/** Servers that the installation asks, each at an address of its own on loopback. */
export const servers = 36;

/** Source files of a package. */
const sources = 8;

/**
 * A repository whose workflow builds a workspace in one job, as large as a trace of one job becomes: more processes and connections than the budget
 * lets be told one by one, and 325 steps, which never give way. `SERVERS` in its environment is a list of `address:port`.
 */
export function monorepo(): Record<string, string> {
  return {
    '.github/workflows/ci.yml': workflow,
    '.github/actions/package/action.yml': action,
    ...Object.fromEntries(Object.entries(tools).map(([name, script]) => [`tools/${name}`, `#!/bin/bash\n${script}\n`])),
    ...Object.fromEntries(packages.flatMap(sourcesOf)),
  };
}

function sourcesOf(name: string): [string, string][] {
  return Array.from({ length: sources }, (_, index) => [
    `packages/${name}/src/module-${index}.c`,
    `${name} ${index}\n`,
  ]);
}

const workflow = `
name: Workspace
on: push
jobs:
  build:
    name: Build all packages
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - { name: Make the tools executable, run: chmod +x tools/* }
${packages.map((name) => `      - { name: "Package ${name}", uses: ./.github/actions/package, with: { name: "${name}" } }`).join('\n')}
      - { name: Report the coverage, run: tools/upload coverage, continue-on-error: true }
`;

const step = (name: string, run: string) =>
  `    - { name: "${name}", shell: bash, run: "cd 'packages/\${{ inputs.name }}' && PATH=$PWD/../../tools:$PATH ${run}" }`;

const action = `
name: Package
inputs: { name: { required: true } }
runs:
  using: composite
  steps:
${[
  step(`Install dependencies of \${{ inputs.name }}`, 'install'),
  step('Lint', 'lint src/*.c'),
  step('Compile', 'compile src/*.c'),
  step('Test', 'verify out/*.o'),
  step('Pack', 'pack'),
  step(`Publish \${{ inputs.name }}`, 'upload package'),
].join('\n')}
`;

/** What the steps run: small, and each process a real one. */
const tools: Readonly<Record<string, string>> = {
  install: `mkdir -p deps\nfor server in $SERVERS; do download "$server" "deps/\${server%:*}.tgz" & done; wait`,
  download: `exec 3<>"/dev/tcp/\${1%:*}/\${1#*:}"; echo "GET $2" >&3; read -r answer <&3; echo "$answer" >"$2"`,
  lint: 'for file in "$@"; do grep -c . "$file" >/dev/null; done',
  compile: 'mkdir -p out\nfor file in "$@"; do cc -O2 -Wall -c "$file" -o "out/$(basename "$file" .c).o"; done',
  cc: 'sed s/x/y/ "$4" >"$6.tmp"; mv "$6.tmp" "$6"',
  verify: 'for file in "$@"; do cmp -s "$file" "$file" || exit 1; done',
  pack: 'tar -cf package.tar out && rm -r out deps',
  upload: `set -- $SERVERS; exec 3<>"/dev/tcp/\${1%:*}/\${1#*:}"; echo PUT >&3; read -r _ <&3`,
};
