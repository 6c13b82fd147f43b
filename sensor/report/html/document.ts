import { createHash } from 'node:crypto';
import type { ReportData } from './model/report-data.ts';

/** What the page is made of: a style sheet and a script, both ours, neither of them with anything of a job. */
export interface PageParts {
  readonly style: string;
  readonly script: string;
}

/**
 * The report as one self-contained HTML file. Its policy lets nothing in but the one style and the one script, by their hashes;
 * the traces stand in it as JSON that no parser of HTML takes for anything but text.
 */
export function reportDocument(traces: readonly ReportData[], { style, script }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf({ style, script })}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Chaperone report</title>
<style>${style}</style>
</head>
<body>
<noscript>This report draws itself with a script of its own. Open the file in a browser that runs scripts, or draw the trace beside it in a terminal: chaperone report trace.otlp.json</noscript>
<script type="application/json" id="traces">${embeddedJson(traces)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function policyOf({ style, script }: PageParts): string {
  return [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** JSON without a character that could end the script element, open a comment in it, or end a line in JavaScript. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
