/**
 * What a file that was opened for reading gives away.
 * `credentials`: keys and tokens of tools · `ssh` · `kubernetes`: tokens of service accounts and kube configs · `cloud` · `runner`: the runner's own
 * files · `process`: another process's memory or environment · `system`: password hashes.
 */
export type SecretKind = 'credentials' | 'ssh' | 'kubernetes' | 'cloud' | 'runner' | 'process' | 'system';

/** By path, the first that fits. The kernel programs let through only the names in sensor/probe/files.c. */
const secrets: readonly (readonly [SecretKind, RegExp])[] = [
  ['process', /^\/proc\/\d+\/(task\/\d+\/)?(mem|environ)$/],
  ['system', /^\/etc\/(g?shadow)-?$/],
  ['kubernetes', /\/serviceaccount\/(.+\/)?token$/],
  ['kubernetes', /\/\.kube\/(config|cache\/.*token.*)$/],
  ['kubernetes', /^(\/var)?\/run\/secrets\/.+\/token$/],
  ['cloud', /\/\.aws\/(credentials|config)$/],
  ['cloud', /\/\.azure\/(msal_token_cache\.\w+|accessTokens\.json|service_principal_entries\.\w+|azureProfile\.json)$/],
  ['cloud', /\/gcloud\/(credentials\.db|access_tokens\.db|application_default_credentials\.json)$/],
  ['cloud', /\/application_default_credentials\.json$/],
  ['ssh', /\/\.ssh\/(?!known_hosts|authorized_keys|config$)[^/]+(?<!\.pub)$/],
  ['runner', /\/(\.credentials|\.credentials_rsaparams|\.runner)$/],
  ['runner', /\/_diag\/(Runner|Worker)_[^/]*\.log$/],
  [
    'credentials',
    /\/(\.npmrc|\.yarnrc\.yml|\.pypirc|\.netrc|_netrc|\.git-credentials|\.pgpass|\.my\.cnf|\.vault-token)$/,
  ],
  ['credentials', /\/(\.terraformrc|credentials\.tfrc\.json|\.dockercfg)$/],
  ['credentials', /\/\.docker\/config\.json$/],
  ['credentials', /\/containers\/auth\.json$/],
  ['credentials', /\/\.config\/git\/credentials$/],
  ['credentials', /\/\.cargo\/credentials(\.toml)?$/],
  ['credentials', /\/\.gem\/credentials$/],
  ['credentials', /\/gh\/hosts\.yml$/],
  ['credentials', /\/\.m2\/settings\.xml$/],
  ['credentials', /\/\.gradle\/gradle\.properties$/],
  ['credentials', /\/\.gnupg\/private-keys-v1\.d\/[^/]+$/],
];

/** Null for a file that gives nothing away. `ownPid`: a process may read what is its own. */
export function secretKind(path: string, ownPid: number): SecretKind | null {
  const kind = secrets.find(([, pattern]) => pattern.test(path))?.[0] ?? null;
  return kind === 'process' && ownerOf(path) === ownPid ? null : kind;
}

/** The process that a path below /proc speaks of, as the reader sees its number; null elsewhere. */
export function ownerOf(path: string): number | null {
  const number = /^\/proc\/(\d+)\//.exec(path)?.[1];
  return number === undefined ? null : Number(number);
}
