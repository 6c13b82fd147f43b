/**
 * Secrets that show themselves by their form, wherever they stand: their issuers gave them prefixes so that scanners find them
 * (GitHub, GitLab, npm, Docker, Slack, AWS, Google, and the `sk-` of several), JSON web tokens, and private keys in PEM.
 */
const shapes = [
  /\bgh[pousr]_[A-Za-z0-9]{16,}/g,
  /\bgithub_pat_\w{16,}/g,
  /\bglpat-[\w-]{16,}/g,
  /\bnpm_[A-Za-z0-9]{16,}/g,
  /\bdckr_pat_[\w-]{16,}/g,
  /\bxox[a-z]-[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\bAIza[\w-]{30,}/g,
  /\bsk-[\w-]{20,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
];

export function replaceTokens(text: string, by: string): string {
  return shapes.reduce((safe, shape) => safe.replace(shape, by), text);
}
