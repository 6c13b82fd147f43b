import type { Range } from './ranges.ts';

/**
 * Secrets that show themselves by their form, wherever they stand: their issuers gave them prefixes so that scanners find them.
 * No pattern begins at a word boundary unless its prefix is short, since a secret may be glued to an option (`-pghp_…`), or it has none and takes all
 * that stands before it: tried at every character of a long word it would cost the square of the word's length.
 */
export const tokenShapes: readonly { readonly issuer: string; readonly form: RegExp }[] = [
  {
    issuer: 'GitHub',
    form: /(?:(?<![A-Za-z0-9])gh[pousr]_[\w.-]{16,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{16,})/g,
  },
  { issuer: 'GitLab', form: /gl(?:pat|ptt|dt|rt|rtr|cbt|soat|ft|imt|agent|oas|ffct)-[\w.-]{16,}/g },
  { issuer: 'npm', form: /npm_[A-Za-z0-9]{16,}/g },
  { issuer: 'PyPI', form: /pypi-AgE[\w-]{16,}/g },
  { issuer: 'RubyGems', form: /rubygems_[0-9a-f]{32,}/g },
  { issuer: 'crates.io', form: /\bcio[A-Za-z0-9]{32}\b/g },
  { issuer: 'NuGet', form: /oy2[a-z0-9]{43}/g },
  { issuer: 'Docker', form: /dckr_[po]at_[\w-]{16,}/g },
  { issuer: 'Slack', form: /(?:xox[a-z]-|xapp-\d)[\w.-]{10,}/g },
  { issuer: 'AWS', form: /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}/g },
  { issuer: 'Google', form: /(?:AIza[\w-]{30,}|ya29\.[\w.-]{16,}|GOCSPX-[\w-]{16,})/g },
  { issuer: 'Azure', form: /(?:[\w~.-]{3}8Q~[\w~.-]{30,}|(?<![A-Za-z0-9])[A-Za-z0-9]{52,}AZDO[A-Za-z0-9]{4})/g },
  { issuer: 'Stripe', form: /(?:[rs]k_(?:live|test|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,})/g },
  {
    issuer: 'Anthropic, OpenAI and others with `sk-`',
    form: /(?:sk-(?:ant|proj|svcacct)-[\w-]{16,}|\bsk-(?=[A-Za-z_-]{0,60}\d)[\w-]{20,})/g,
  },
  { issuer: 'Hugging Face', form: /hf_[A-Za-z0-9]{30,}/g },
  { issuer: 'Groq, xAI, Perplexity, Replicate', form: /(?:gsk_\w{20,}|xai-\w{20,}|pplx-\w{20,}|\br8_\w{20,})/g },
  { issuer: 'SendGrid', form: /SG\.[\w-]{16,}\.[\w-]{16,}/g },
  { issuer: 'Twilio', form: /\bSK[0-9a-f]{32}\b/g },
  { issuer: 'Telegram', form: /\d{6,12}:AA[\w-]{30,}/g },
  {
    issuer: 'HashiCorp Vault and Terraform',
    form: /(?:\bhv[sbr]\.[\w-]{20,}|\bs\.(?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{24}\b|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,})/g,
  },
  {
    issuer: 'Kubernetes and OpenShift',
    form: /(?:sha256~[\w-]{40,}|\b(?=[a-z]{0,5}\d)[a-z0-9]{6}\.(?=[a-z]{0,15}\d)[a-z0-9]{16}\b|LS0tLS1CRUdJTi[A-Za-z0-9+/=]{10,})/g,
  },
  { issuer: 'DigitalOcean', form: /do[oprt]_v1_[0-9a-f]{32,}/g },
  { issuer: 'Shopify', form: /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32,}/g },
  { issuer: 'Atlassian', form: /(?:ATATT3|ATBB|ATCTT3)[\w=-]{20,}/g },
  { issuer: 'Sentry', form: /sntry[su]_[\w+/=-]{20,}/g },
  { issuer: 'Grafana', form: /gl(?:sa|c)_[\w=+/-]{20,}/g },
  { issuer: 'Databricks', form: /\bdapi[0-9a-f]{32}/g },
  { issuer: 'Artifactory', form: /(?:AKCp[A-Za-z0-9]{10,}|cmVmdGtu[A-Za-z0-9]{20,})/g },
  { issuer: 'SonarQube', form: /sq[upa]_[0-9a-f]{40}/g },
  {
    issuer: 'New Relic, Postman, Linear, Pulumi',
    form: /(?:NRAK-\w{20,}|PMAK-[\w-]{20,}|lin_api_\w{20,}|pul-[0-9a-f]{40})/g,
  },
  {
    issuer: 'Doppler, Tailscale, Fly, Supabase',
    form: /(?:dp\.(?:pt|st|ct|sa|scim|audit)\.\w{20,}|tskey-[\w-]{16,}|fm[12][ar]?_[\w+/=]{20,}|sbp_[0-9a-f]{40})/g,
  },
  { issuer: 'age', form: /AGE-SECRET-KEY-1[A-Z0-9]{40,}/g },
  { issuer: 'JSON web tokens', form: /eyJ[\w-]{8,2000}\.[\w-]{4,}(?:\.[\w-]*){0,3}/g },
  {
    issuer: 'private keys in PEM',
    form: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  },
];

/** Where secrets stand that show themselves by their form. */
export function tokensIn(text: string): Range[] {
  if (text.length < shortestToken) return [];
  return [...tokenShapes.flatMap(({ form }) => matchesOf(text, form)), ...opaqueWords(text)];
}

/** The shortest that any form takes is one of Slack. */
const shortestToken = 15;

export function matchesOf(text: string, form: RegExp): Range[] {
  return Array.from(text.matchAll(form), ({ index, 0: match }) => [index, index + match.length] as const);
}

const run = /[A-Za-z0-9+/=_-]{20,}/g;
/** Hashes that are meant to be seen: they say so. */
const publicHash = /^sha(?:1|256|384|512)-/;
const awsSecret = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g;

/** Long words without any structure: upper case, lower case and digits by turns, as no language and no path has them. */
function opaqueWords(text: string): Range[] {
  const isSecret = (word: string) => !publicHash.test(word) && isOpaque(word);
  return [
    ...matchesOf(text, run).filter(([from, to]) => isSecret(text.slice(from, to))),
    // The length gives them away too, so that fewer turns are enough.
    ...matchesOf(text, awsSecret).filter(([from, to]) => isOpaque(text.slice(from, to), 0.26)),
  ];
}

/** Random base64 changes its kind of character at 6 of 10 places, camel case at 3 at most; a hash in hex has no upper case. */
function isOpaque(word: string, share = word.length < 36 ? 0.42 : 0.31): boolean {
  const kinds = Array.from(word.replaceAll(/[^A-Za-z0-9]/g, ''), kindOf);
  if (kinds.length < 20 || new Set(kinds).size < 3) return false;
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  return changes >= kinds.length * share;
}

function kindOf(character: string): 'upper' | 'lower' | 'digit' {
  if (character <= '9') return 'digit';
  return character <= 'Z' ? 'upper' : 'lower';
}
