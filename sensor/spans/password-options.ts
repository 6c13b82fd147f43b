/** Programs whose short option is a password; elsewhere `-p` is a port or a path. */
const passwordOptions: readonly [program: RegExp, option: string][] = [
  [/^(?:mysql\w*|mariadb[\w-]*|sshpass)$/, '-p'],
  [/^(?:docker|podman|buildah|skopeo|nerdctl|helm|oras|crane|az) (?:registry |auth |acr )?login$/, '-p'],
  [/^redis-cli$/, '-a'],
];

/** The arguments with `by` in the place of what a short option of their program tells, joined to it or after it. */
export function hidePasswords(argv: readonly string[], by: string): readonly string[] {
  const option = passwordOption(argv);
  if (option === null) return argv;
  return argv.map((argument, index) => {
    if (argv[index - 1] === option) return by;
    return argument.startsWith(option) && argument !== option ? option + by : argument;
  });
}

function passwordOption([program = '', ...args]: readonly string[]): string | null {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const command = [name, ...args.slice(0, args.indexOf('login') + 1)].join(' ');
  return passwordOptions.find(([of]) => of.test(command))?.[1] ?? null;
}
