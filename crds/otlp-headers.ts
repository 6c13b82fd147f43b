/**
 * Whether a text is what OTEL_EXPORTER_OTLP_HEADERS holds: `name=value,name=value` on one line, or nothing. What is not such a pair would be left out in silence.
 * Names are tokens of RFC 9110, section 5.6.2; values are percent-encoded.
 */
export function areHeaderPairs(text: string): boolean {
  const pairs = text.split(',').map((pair) => pair.trim());
  return pairs.every((pair) => pair === '' || /^[-!#$%&'*+.^_`|~0-9A-Za-z]+\s*=[^\r\n]*$/.test(pair));
}
