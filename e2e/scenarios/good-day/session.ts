import type { Session } from '../../engines/agents/script.ts';

/** What a model asks for to find out why a test fails, and to make it pass. */
export const session: Session = {
  name: 'good-day',
  prompt: 'Make the tests pass.',
  files: {},
  turns: [
    { calls: [{ tool: 'shell', command: 'git log --oneline | head -5 && ls', says: 'sum.test.js' }] },
    { calls: [{ tool: 'shell', command: 'node --test 2>&1 | tail -30', says: 'fail 1' }] },
    {
      calls: [
        { tool: 'read', path: 'sum.test.js', says: 'adds numbers up' },
        { tool: 'read', path: 'sum.js', says: 'total - number' },
      ],
    },
    { calls: [{ tool: 'edit', path: 'sum.js', from: 'total - number', to: 'total + number' }] },
    { calls: [{ tool: 'shell', command: 'node --test && git diff --stat', says: 'sum.js' }] },
  ],
};
