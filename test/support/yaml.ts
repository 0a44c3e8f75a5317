/** What YAML's block and JSON styles hold. */
export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** A scalar or a JSON-like list in one line; all scalars are texts. */
function inline(text: string): Yaml {
  if (text.startsWith('[')) {
    const words = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^,\s]+/g) ?? [];
    return words.map(inline);
  }
  if (text.startsWith('"')) return JSON.parse(text) as string;
  return text.startsWith("'") ? text.slice(1, -1) : text;
}

/**
 * Reads the part of YAML that our compose file is written in: block maps and lists, lists in one line, quoted texts,
 * anchors with `<<`, comments in lines of their own. Throws where it meets anything else.
 */
export function readYaml(source: string): Yaml {
  const lines = source.split('\n').flatMap((raw): Line[] => {
    const text = raw.trim();
    return text === '' || text.startsWith('#') ? [] : [{ indent: raw.length - raw.trimStart().length, text }];
  });
  const anchors = new Map<string, Yaml>();
  let at = 0;

  const value = (rest: string, indent: number): Yaml => {
    const [, name, after] = /^&(\w+)\s*(.*)$/.exec(rest) ?? [undefined, undefined, rest];
    const next = lines[at];
    const read =
      after !== '' && after !== undefined ? inline(after) : block(next !== undefined ? next.indent : 0, indent);
    if (name !== undefined) anchors.set(name, read);
    return read;
  };
  /** Reads what stands at `indent`, which has to be deeper than `outer`; an empty text where nothing does. */
  const block = (indent: number, outer: number): Yaml => {
    if (at >= lines.length || indent <= outer) return '';
    const items: Yaml[] = [];
    const entries: Record<string, Yaml> = {};
    for (let line = lines[at]; line !== undefined && line.indent === indent; line = lines[at]) {
      at += 1;
      if (line.text.startsWith('- ')) {
        // What stands behind the dash is a block of its own, further in.
        const inner: Line = { indent: indent + 2, text: line.text.slice(2) };
        if (/^[\w-]+:(\s|$)/.test(inner.text)) {
          lines[at - 1] = inner;
          at -= 1;
          items.push(block(indent + 2, indent));
        } else items.push(inline(inner.text));
        continue;
      }
      const [, key, rest = ''] = /^([\w<-]+):(?:\s+(.*))?$/.exec(line.text) ?? [];
      if (key === undefined) throw new Error(`this YAML is not read: ${line.text}`);
      if (key !== '<<') entries[key] = value(rest, indent);
      else {
        const merged = anchors.get(rest.slice(1));
        if (typeof merged !== 'object' || Array.isArray(merged)) throw new Error(`there is no ${rest}`);
        for (const [name, each] of Object.entries(merged)) entries[name] ??= each;
      }
    }
    return items.length > 0 ? items : entries;
  };
  const read = block(0, -1);
  if (at < lines.length) throw new Error(`this YAML is not read: ${lines[at]?.text}`);
  return read;
}
