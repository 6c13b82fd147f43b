import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import { findingSchema } from '../../../crds/finding-schema.ts';
import { anAlert } from '../testing/alerts.ts';
import { neutralise, slackMessage } from './slack.ts';

interface SlackBody {
  text: string;
  mrkdwn: boolean;
  blocks: { text?: { type: string; text: string }; elements?: { type: string; text: string }[] }[];
}

function bodyOf(text: string): SlackBody {
  return JSON.parse(slackMessage(anAlert(1, { text })).body);
}

const textsOf = ({ text, blocks }: SlackBody): string[] => [
  text,
  ...blocks
    .flatMap((block) => [...(block.text ? [block.text] : []), ...(block.elements ?? [])])
    .map((part) => part.text),
];

describe('a message to Slack', () => {
  test('tells who, what and where in plain text, and the rule and the trace below', () => {
    const { blocks, mrkdwn } = bodyOf('python3 read the memory of Runner.Worker in step “Install”.');
    assert.equal(mrkdwn, false);
    assert.deepEqual([blocks[0]?.text?.type, blocks[1]?.elements?.[0]?.type], ['plain_text', 'plain_text']);
    assert.match(blocks[0]?.text?.text ?? '', /^Critical in octo\/web, job “build”, .*python3 read the memory/);
    assert.match(
      blocks[1]?.elements?.[0]?.text ?? '',
      /^rule runner-memory · trace a{32} · https:\u200b\/\/github\.com/,
    );
  });

  for (const hostile of [
    '<!channel>',
    '<!here|x>',
    '<@U012AB3CD>',
    '<https://evil.example/|https://github.com/login>',
    '@everyone @here',
    '[click](https://evil.example/)',
    'https://evil.example/',
    'www.evil.example',
    '*bold* _it_ ~no~ `code` :siren: #general',
  ]) {
    test(`makes nothing of ${hostile}`, () => {
      for (const text of textsOf(bodyOf(hostile))) {
        assert.doesNotMatch(text, /[<>]|@\w|:\/\/|\]\(|www\.\w|[*_~`]\w|:\w+:|#\w/);
      }
    });
  }

  test('is never longer than Slack takes, and never cuts an escape or a character in two', () => {
    const hostile = fastCheck.string({
      unit: fastCheck.constantFrom('&', '<', '>', '@', 'a', '😀', '*'),
      maxLength: 2048,
    });
    fastCheck.assert(
      fastCheck.property(hostile, fastCheck.integer({ min: 10, max: 3000 }), (text, most) => {
        const shown = neutralise(text, most);
        assert.ok(shown.length <= most && shown.isWellFormed());
        assert.doesNotMatch(shown, /[<>]|&(?!amp;|lt;|gt;)|[@*](?!\u200b|…)/);
      }),
    );
  });

  test('keeps its limits for the longest finding that is taken', () => {
    const longest = anAlert(1, {
      text: '<'.repeat(2048),
      job: { name: '@'.repeat(128), url: `https://${'x'.repeat(500)}` },
    });
    findingSchema.parse(longest.finding);
    for (const text of textsOf(JSON.parse(slackMessage(longest).body))) assert.ok(text.length <= 3000);
  });
});
