import { KubeError } from './errors.ts';

/** Objects in etcd end at 1.5 MB by default; a line beyond this is no watch event. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * Cuts a stream of bytes into lines, without the line ends; an unfinished last line is dropped, since its event will be sent again.
 * @throws KubeError `kube-malformed` when a line is longer than `maxBytes`
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) throw new KubeError('kube-malformed', `A watch line is longer than ${maxBytes} bytes.`);
  }
}
