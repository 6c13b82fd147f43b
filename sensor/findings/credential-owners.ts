import type { SecretKind } from '../files/secrets.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import { isCalled } from './program.ts';

/** Which programs a file of credentials is for, by the end of its path. They read it in every good job. */
const owners: readonly (readonly [file: RegExp, programs: RegExp])[] = [
  [/\/\.npmrc$/, /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|bun|bunx|corepack|lerna|verdaccio)$/],
  [/\/\.yarnrc\.yml$/, /^(yarn|yarnpkg|corepack)(-[\d.]+)?$/],
  [/\/\.pypirc$/, /^(twine|flit|hatch|poetry|pip\d*|uv|python[\d.]*)$/],
  [/\/[._]netrc$/, /^(curl|wget|git.*|ftp|pip\d*|go|bazel|heroku|nix.*|cmake)$/],
  [/\/(\.git-credentials|\.config\/git\/credentials)$/, /^git(-.+)?$/],
  [/\/\.pgpass$/, /^(psql|pg_.+|createdb|dropdb|libpq.*)$/],
  [/\/\.my\.cnf$/, /^(mysql.*|mariadb.*)$/],
  [/\/(\.vault-token)$/, /^(vault|terraform|consul-template)$/],
  [/\/(\.terraformrc|credentials\.tfrc\.json)$/, /^(terraform|tofu|terragrunt)(-.+)?$/],
  [
    /\/(\.docker\/config\.json|\.dockercfg|auth\.json)$/,
    /^(docker.*|buildx|buildkit.*|podman|buildah|skopeo|crane|oras|helm|cosign|ko|kaniko|executor|nerdctl|kind|k3d|act)$/,
  ],
  [/\/\.cargo\/credentials(\.toml)?$/, /^(cargo.*|rustup.*)$/],
  [/\/\.gem\/credentials$/, /^(gem|bundle|bundler|ruby.*|rake)$/],
  [/\/gh\/hosts\.yml$/, /^(gh|act)$/],
  [/\/\.m2\/settings\.xml$/, /^(mvn|mvnd|java)$/],
  [/\/\.gradle\/gradle\.properties$/, /^(gradle|gradlew|java)$/],
  [/\/\.gnupg\//, /^(gpg.*|keyboxd|scdaemon)$/],
  [/\/\.ssh\//, /^(ssh.*|scp|sftp|git(-.+)?|rsync|ansible.*)$/],
  [
    /\/\.kube\//,
    /^(kubectl.*|helm|k9s|kustomize|terraform.*|argocd|flux|kind|k3d|minikube|skaffold|tilt|eksctl|az|gcloud)$/,
  ],
  [/\/\.aws\//, /^(aws.*|terraform.*|sam|cdk|eksctl|packer|pulumi.*|serverless|s5cmd|rclone)$/],
  [/\/\.azure\//, /^(az|terraform.*|azcopy|pulumi.*)$/],
  [/\/gcloud\/|application_default_credentials/, /^(gcloud|gsutil|bq|terraform.*|pulumi.*|docker-credential-.*)$/],
  [/\/(\.credentials|\.credentials_rsaparams|\.runner|Runner_.*\.log|Worker_.*\.log)$/, /^Runner\..+$/],
  [
    /^\/etc\/g?shadow-?$/,
    /^(sudo|su|login|passwd|chpasswd|useradd|usermod|userdel|groupadd|groupmod|adduser|unix_chkpwd|sshd|chage|newusers|pwck|grpck)$/,
  ],
];

/** Whether the program reads this file as what it is for. */
export function isOwner(path: string, image: ProcessImage): boolean {
  return owners.some(([file, programs]) => file.test(path) && isCalled(image, programs));
}

/** Where credentials of a kind are meant to go, whoever presents them: SDKs stand in programs of every name. */
const homes: Readonly<Partial<Record<SecretKind, RegExp>>> = {
  cloud:
    /(^|\.)(amazonaws\.com|amazonaws\.com\.cn|aws\.dev|azure\.com|azure\.net|microsoftonline\.com|windows\.net|googleapis\.com|google\.internal|cloud\.google\.com)$/,
  kubernetes: /(^|\.)(eks\.amazonaws\.com|azmk8s\.io|googleapis\.com|svc|cluster\.local)$/,
};

export function isAtHome(kind: SecretKind, host: string): boolean {
  return homes[kind]?.test(host) === true;
}
