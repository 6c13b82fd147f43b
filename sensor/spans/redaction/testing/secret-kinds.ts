import fastCheck, { type Arbitrary } from 'fast-check';

/** A secret as it stands in a command, with the parts that must not be seen anywhere. */
export interface Secret {
  readonly text: string;
  readonly cores: readonly string[];
}

const digit = '0123456789';
const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const letters = lower + upper;
const alphanumeric = letters + digit;
const base64 = `${alphanumeric}+/`;
const base64url = `${alphanumeric}-_`;
const hex = `${digit}abcdef`;

function chars(alphabet: string, least: number, most = least): Arbitrary<string> {
  const unit = fastCheck.constantFrom(...alphabet);
  return fastCheck.string({ unit, minLength: least, maxLength: most });
}

function whole(...parts: (string | Arbitrary<string>)[]): Arbitrary<Secret> {
  return joined(...parts).map((text) => ({ text, cores: [text] }));
}

function joined(...parts: (string | Arbitrary<string>)[]): Arbitrary<string> {
  return fastCheck
    .tuple(...parts.map((part) => (typeof part === 'string' ? fastCheck.constant(part) : part)))
    .map((texts) => texts.join(''));
}

/** A secret in a setting that may be seen: `around` puts it there. */
function within(core: Arbitrary<string>, around: (core: string) => string): Arbitrary<Secret> {
  return core.map((text) => ({ text: around(text), cores: [text] }));
}

const uuid = joined(chars(hex, 8), '-', chars(hex, 4), '-', chars(hex, 4), '-', chars(hex, 4), '-', chars(hex, 12));
const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const jwt = joined(header, '.', 'eyJ', chars(base64url, 40, 200), '.', chars(base64url, 43));
const keyLines = fastCheck.array(chars(base64, 64), { minLength: 2, maxLength: 6 });
const armour = ['BEGIN', 'END'] as const;
const pem = (kind: string) =>
  keyLines.map((lines) => {
    const [begin, end] = armour.map((word) => `-----${word} ${kind}PRIVATE KEY-----`);
    return { text: [begin, ...lines, end].join('\n'), cores: lines };
  });
/** Of a random key 24 in the mean; one in 200 has fewer than 16, and is not known by its look. */
function turns(text: string): number {
  const kinds = text.replaceAll(/[A-Z]/g, '^').replaceAll(/[a-z]/g, '_').replaceAll(/\d/g, '#').replaceAll(/[+/]/g, '');
  return [...kinds].filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
}

/** Passwords of people, that no form gives away, without the characters that would end them in a URL. */
const password = joined(chars(lower, 4, 8), chars('!$*._~', 1), chars(alphanumeric, 6, 12));

/** Secrets in the forms that their issuers give them; made up, so that no scanner takes this file for a leak. */
export const secretKinds: Readonly<Record<string, Arbitrary<Secret>>> = {
  'GitHub personal token': whole('ghp_', chars(alphanumeric, 36)),
  'GitHub OAuth token': whole('gho_', chars(alphanumeric, 36)),
  'GitHub user token': whole('ghu_', chars(alphanumeric, 36)),
  'GitHub installation token': whole('ghs_', chars(alphanumeric, 36)),
  'GitHub stateless token': whole('ghs_', chars(digit, 6), '_', jwt),
  'GitHub refresh token': whole('ghr_', chars(alphanumeric, 36, 76)),
  'GitHub fine-grained token': whole('github_pat_', chars(alphanumeric, 22), '_', chars(alphanumeric, 59)),
  'GitLab token': whole('glpat-', chars(base64url, 20)),
  'npm token': whole('npm_', chars(alphanumeric, 36)),
  'PyPI token': whole('pypi-AgEIcHlwaS5vcmc', chars(base64url, 100, 150)),
  'Docker token': whole('dckr_pat_', chars(base64url, 27)),
  'Slack token': whole('xoxb-', chars(digit, 12), '-', chars(digit, 12), '-', chars(alphanumeric, 24)),
  'Slack webhook': within(
    joined('T', chars(upper + digit, 9), '/B', chars(upper + digit, 9), '/', chars(alphanumeric, 24)),
    (path) => `https://hooks.slack.com/services/${path}`,
  ),
  'Discord webhook': within(
    joined(chars(digit, 18), '/', chars(base64url, 68)),
    (path) => `https://discord.com/api/webhooks/${path}`,
  ),
  'Teams webhook': within(
    joined(uuid, '@', uuid, '/IncomingWebhook/', chars(hex, 32), '/', uuid),
    (path) => `https://acme.webhook.office.com/webhookb2/${path}`,
  ),
  'AWS key pair': fastCheck.tuple(joined('AKIA', chars(upper + digit, 16)), chars(base64, 40)).map(([id, key]) => ({
    text: `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${key}`,
    cores: [id, key],
  })),
  'AWS secret key alone': whole(chars(base64, 40)).filter(({ text }) => turns(text) >= 16 && /\d/.test(text)),
  'Google API key': whole('AIza', chars(base64url, 35)),
  'Google access token': whole('ya29.', chars(base64url, 60, 120)),
  'Google service account': keyLines.map((lines) => {
    const [begin, end] = armour.map((word) => `-----${word} PRIVATE KEY-----`);
    const account = { type: 'service_account', private_key: [begin, ...lines, end, ''].join('\n'), token_uri: 'x' };
    return { text: JSON.stringify(account), cores: lines };
  }),
  'Stripe key': whole('sk_live_', chars(alphanumeric, 24)),
  'Anthropic key': whole('sk-ant-api03-', chars(base64url, 93), 'AA'),
  'OpenAI key': whole('sk-proj-', chars(base64url, 60)),
  'Hugging Face token': whole('hf_', chars(alphanumeric, 34)),
  'JSON web token': whole(jwt),
  'kubeconfig key': keyLines.map((lines) => {
    const text = Buffer.from(`-----BEGIN RSA PRIVATE KEY-----\n${lines.join('\n')}`).toString('base64');
    return { text: `client-key-data: ${text}`, cores: [text] };
  }),
  'RSA key': pem('RSA '),
  'OpenSSH key': pem('OPENSSH '),
  'Docker configuration': within(chars(base64, 24, 60), (auth) => JSON.stringify({ auths: { 'ghcr.io': { auth } } })),
  'Vault token': whole('hvs.', chars(base64url, 90)),
  'Azure storage connection': within(
    joined(chars(base64, 86), '=='),
    (key) => `DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=${key};EndpointSuffix=core.windows.net`,
  ),
  'Azure shared access signature': within(
    joined(chars(alphanumeric, 43), '%3D'),
    (sig) => `https://acme.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sig=${sig}`,
  ),
  'Azure client secret': whole(chars(alphanumeric, 3), '8Q~', chars(`${alphanumeric}_~.-`, 34)),
  'SQL connection string': within(password, (pwd) => `Server=db;Database=a;Uid=sa;Pwd=${pwd};Encrypt=yes`),
  'URL with a password': within(password, (pass) => `https://deploy:${pass}@git.example.com/x.git`),
  'database URL': within(password, (pass) => `postgres://app:${pass}@db.example.com:5432/app?sslmode=require`),
  'SendGrid key': whole('SG.', chars(base64url, 22), '.', chars(base64url, 43)),
  'Telegram bot': whole(chars('123456789', 9), ':AA', chars(base64url, 33)),
  'age key': whole('AGE-SECRET-KEY-1', chars(upper + digit, 58)),
  'netrc line': within(password, (pass) => `machine git.example.com login octo password ${pass}`),
  'generic password option': within(password, (pass) => `--password=${pass}`),
};

export const anySecret: Arbitrary<Secret> = fastCheck.oneof(...Object.values(secretKinds));

/** Passwords without a form, for places that give secrets away. */
export const formlessSecret: Arbitrary<string> = joined(chars(lower, 3, 6), chars(digit, 2, 4), chars(lower, 3, 6));
