/** Where programs take secrets that nothing marks: an option of one letter, a plain argument, or their input. */
interface Place {
  /** Names of programs, without their folders. */
  readonly of: string;
  /** A subcommand that must follow somewhere. */
  readonly sub?: string;
  /** Options whose value is secret, joined to a short one or after it. */
  readonly options?: string;
  /** The options have more than one letter, or share theirs with longer ones: their value is a word of its own. */
  readonly apart?: boolean;
  /** Plain arguments after the subcommand from this one on, counted from 0. */
  readonly from?: number;
  /** Every `NAME=value` after the subcommand, whatever the name. */
  readonly pairs?: boolean;
  /** What is read from the input. */
  readonly input?: boolean;
}

const registryClients = 'docker podman buildah skopeo nerdctl helm oras crane regctl cosign';
const places: readonly Place[] = [
  { of: 'mysql mysqldump mysqladmin mysqlimport mysqlsh mysqlslap mysqlcheck mysqlbinlog mysqlpump', options: '-p' },
  { of: 'mariadb mariadb-dump mariadb-admin mariadb-import mariadb-check sshpass', options: '-p' },
  { of: 'mongo mongosh mongodump mongorestore mongoimport mongoexport snowsql cqlsh', options: '-p' },
  { of: 'sqlcmd bcp isql osql tsql ipmitool mosquitto_pub mosquitto_sub zip unzip zipcloak', options: '-P' },
  { of: '7z 7za 7zz 7zr rar unrar', options: '-p' },
  { of: 'redis-cli valkey-cli keydb-cli', options: '-a' },
  { of: 'ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami', options: '-w' },
  { of: 'openssl', options: '-k -K -pass -passin -passout', apart: true },
  { of: 'ssh-keygen', options: '-N -P' },
  { of: 'pk12util certutil', options: '-W -K', apart: true },
  { of: 'security', options: '-p -P', apart: true },
  { of: 'useradd usermod', options: '-p' },
  { of: 'codecov codecovcli', options: '-t' },
  { of: 'snmpwalk snmpget', options: '-c -A -X' },
  { of: registryClients, sub: 'login', options: '-p', input: true },
  { of: 'az', sub: 'login', options: '-p' },
  { of: 'twine', sub: 'upload', options: '-p' },
  { of: 'poetry', sub: 'publish', options: '-p' },
  { of: 'dotnet nuget', sub: 'push', options: '-k -ApiKey', apart: true },
  { of: 'nuget', sub: 'setapikey', from: 0 },
  { of: 'doctl', sub: 'init', options: '-t' },
  { of: 'cargo snyk vault hcp bw lpass infisical doppler', sub: 'login', from: 0, input: true },
  { of: 'snyk circleci', sub: 'auth', from: 0 },
  { of: 'bw', sub: 'unlock', from: 0 },
  { of: 'rclone', sub: 'obscure', from: 0 },
  { of: 'rabbitmqctl', sub: 'add_user', from: 1 },
  { of: 'rabbitmqctl', sub: 'change_password', from: 1 },
  { of: 'htpasswd', sub: '-b', from: 1 },
  { of: 'htpasswd', sub: '-bc', from: 2 },
  { of: 'htpasswd', sub: '-nb', from: 1 },
  { of: 'htpasswd', sub: '-nbB', from: 1 },
  { of: 'wpa_passphrase nmcli', sub: 'password', from: 0 },
  { of: 'vault bao', sub: 'put', pairs: true, input: true },
  { of: 'vault bao', sub: 'write', pairs: true, input: true },
  { of: 'kubectl oc', sub: 'secret', pairs: true, input: true },
  { of: 'heroku firebase', sub: 'config:set', pairs: true },
  { of: 'fly flyctl wrangler railway supabase eas', sub: 'secrets', pairs: true, input: true },
  { of: 'gh', sub: 'secret', options: '-b --body', input: true },
  { of: 'gh', sub: 'auth', input: true },
  { of: 'wrangler docker podman', sub: 'secret', input: true },
  { of: 'aws', sub: 'put-parameter', options: '--value' },
  { of: 'vercel npm op pass', input: true },
  { of: 'sudo', sub: '-S', input: true },
  { of: 'passwd chpasswd kinit cryptsetup ssh-add gpg gpg2 base64 openssl vncpasswd htpasswd', input: true },
];
const byProgram = Map.groupBy(
  places.flatMap((place) => place.of.split(' ').map((program) => ({ program, place }))),
  ({ program }) => program,
);

/** A part of one of the words, to the word's end unless it says otherwise. */
export interface SecretPart {
  readonly word: number;
  readonly from: number;
  readonly to?: number;
}

/** The secrets that a program of the table was given. Any word may be the program: `sudo`, `env`, `docker exec` and `ssh` stand before others. */
export function secretArguments(words: readonly string[]): SecretPart[] {
  return usesOf(words).flatMap(({ place, at, sub }) => [
    ...optionValues(words, at, place),
    ...plainArguments(words, sub, place),
    ...pairValues(words, sub, place),
  ]);
}

/** Whether a command of these words reads a secret from its input. */
export function readsSecret(words: readonly string[]): boolean {
  const says = words.some((word) => /^--?(?:[\w-]{0,40}stdin|with-token|pass(?:phrase)?-fd)\b/.test(word));
  return says || usesOf(words).some(({ place }) => place.input === true);
}

/** A use of a program: where its name stands, and its subcommand (or again its name). */
interface Use {
  readonly place: Place;
  readonly at: number;
  readonly sub: number;
}

function usesOf(words: readonly string[]): Use[] {
  const uses = words.flatMap((word, at) =>
    (byProgram.get(word.slice(word.lastIndexOf('/') + 1)) ?? []).map(({ place }) => {
      const sub = place.sub === undefined ? at : words.indexOf(place.sub, at + 1);
      return { place, at, sub };
    }),
  );
  return uses.filter(({ sub }) => sub >= 0).slice(0, maxUses);
}

/** More programs than this in one command are none. */
const maxUses = 32;

function optionValues(words: readonly string[], at: number, place: Place): SecretPart[] {
  const options = place.options?.split(' ') ?? [];
  return words.flatMap((text, word) => {
    if (word <= at) return [];
    const from = word > at + 1 && options.includes(words[word - 1] ?? '') ? 0 : joinedFrom(text, options, place.apart);
    return from === null ? [] : [{ word, from }];
  });
}

/** Where the value begins that is joined to its option, `null` for none. */
function joinedFrom(text: string, options: readonly string[], apart = false): number | null {
  const option = options.find((each) => text.startsWith(each) && text !== each);
  if (option === undefined) return null;
  if (option.startsWith('--')) return text[option.length] === '=' ? option.length + 1 : null;
  return apart ? null : option.length;
}

function plainArguments(words: readonly string[], sub: number, { from }: Place): SecretPart[] {
  if (from === undefined) return [];
  const plain = [...words.keys()].filter((index) => index > sub && !words[index]?.startsWith('-'));
  return plain.slice(from).map((word) => ({ word, from: 0 }));
}

function pairValues(words: readonly string[], sub: number, { pairs }: Place): SecretPart[] {
  if (pairs !== true) return [];
  return words.flatMap((text, word) => {
    const [name] = /^(?:--from-literal=)?[A-Za-z_][\w./-]{0,127}=/.exec(text) ?? [];
    return word <= sub || name === undefined ? [] : [{ word, from: name.length }];
  });
}
