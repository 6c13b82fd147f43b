import type { Alert } from '../../../crds/alert.ts';
import type { Message } from './message.ts';

/** Limit of a text in a block (Slack, text object). */
const MAX_TEXT = 3_000;

/**
 * The alert as a Slack-compatible incoming webhook takes it. All text is plain: nothing that a job has named becomes formatting, a mention or a link, neither in Slack
 * nor where the same message is read as Markdown.
 */
export function slackMessage(alert: Alert): Message {
  const { finding, text, labels = {} } = alert;
  const listed = Object.entries(labels).map(([name, value]) => `${name}: ${value}`);
  const context = [...listed, `rule ${finding.rule}`, `trace ${finding.evidence.traceId}`, ...urlOf(alert)].join(' · ');
  const body = {
    text: neutralise(text, MAX_TEXT),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: plain(text) },
      { type: 'context', elements: [plain(context)] },
    ],
  };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function urlOf({ finding: { job } }: Alert): string[] {
  return job.url === undefined ? [] : [job.url];
}

function plain(text: string) {
  return { type: 'plain_text', text: neutralise(text, MAX_TEXT), emoji: false };
}

const ZERO_WIDTH_SPACE = '\u200b';

/** `<!channel>` and `<http://…>` by Slack's own escapes; `@here`, `#channel`, `:siren:`, formatting and what is a link by itself by something invisible in between. */
export function neutralise(text: string, most: number): string {
  const broken = text.replace(/[@#*_~`[\]:|]|www\./gi, `$&${ZERO_WIDTH_SPACE}`);
  let shown = '';
  for (const character of broken.toWellFormed()) {
    const safe = escapes[character] ?? character;
    if (shown.length + safe.length >= most) return `${shown}…`;
    shown += safe;
  }
  return shown;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
