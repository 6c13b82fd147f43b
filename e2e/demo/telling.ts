/** How the demo speaks: headings, what it does, the commands that a user would type, and text that it shows. */

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

export function heading(text: string): void {
  process.stdout.write(`\n${paint(1, text)}\n${paint(1, '─'.repeat(text.length))}\n`);
}

export function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A command as somebody would type it. */
export function command(text: string): void {
  process.stdout.write(`\n${paint(36, `$ ${text}`)}\n`);
}

/** Text of a file or an object, set in. */
export function show(text: string): void {
  process.stdout.write(`${text.trimEnd().replaceAll(/^/gm, '  │ ')}\n`);
}
