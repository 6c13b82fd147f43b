/** What says of a path whether it is meant. */
export interface PathForm {
  test(path: string): boolean;
}

/** One of these paths, in which `*` stands for any characters within a part; none of none. No path takes long, however many `*` there are. */
export function pathGlobs(patterns: readonly string[]): PathForm {
  const globs = patterns.map((pattern) => pattern.split('/').map((part) => part.split(/\*+/)));
  return {
    test(path) {
      if (globs.length === 0) return false;
      const parts = path.split('/');
      return globs.some((glob) => glob.length === parts.length && glob.every((texts, at) => isPart(parts[at], texts)));
    },
  };
}

/** Whether a part begins with the first text, ends with the last and has the others in between, each as early as it can be. */
function isPart(part = '', [first = '', ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return part === first;
  let at = first.length;
  const end = part.length - last.length;
  if (end < at || !part.startsWith(first) || !part.endsWith(last)) return false;
  for (const text of others) {
    const found = part.indexOf(text, at);
    if (found < 0) return false;
    at = found + text.length;
  }
  return at <= end;
}
