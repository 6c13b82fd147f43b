/** The text without what people cannot see or what changes how the rest is shown: control, format and separator characters become spaces, lone surrogates U+FFFD. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
