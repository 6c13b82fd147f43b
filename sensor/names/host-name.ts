const asciiText = new TextDecoder('latin1');

/**
 * A host name as clients write it (letters, digits, `-`, `_`, labels of 1 … 63, at most 253 in all), in lower case and without a final dot; `null`
 * for all else, so also for addresses: they are nobody's name.
 */
export function readHostName(bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.length === 0 || bytes.length > 254) return null;
  const text = asciiText.decode(bytes).toLowerCase().replace(/\.$/, '');
  return isHostName(text) ? text : null;
}

function isHostName(text: string): boolean {
  return text.length <= 253 && /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(text) && !/(^|\.)\d+$/.test(text);
}
