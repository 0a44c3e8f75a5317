/** One entry of the list of addresses that may be read. */
interface AllowedUrl {
  /** Undefined: both. */
  readonly protocol?: 'http:' | 'https:';
  /** A name or an IP address; `*.example.org` for all below it, `*` for every one. */
  readonly host: string;
  /** Undefined: the protocol's own. */
  readonly port?: string;
  /** Begins with `/`. */
  readonly path: string;
}

/** Why an address is allowed: its host stands in the list by name, or falls under a pattern. */
export type AllowRule = 'named' | 'pattern';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Reads one entry: the beginning of an http(s) address (`https://films.example/public/`), a host (`films.example`,
 * `nas:8080`), all hosts below a name (`*.films.example`), or `*`. Undefined for anything else.
 */
function readEntry(text: string): AllowedUrl | undefined {
  if (text === '*') return { host: '*', path: '/' };
  const [, scheme, wild = '', rest = ''] = /^(?:(https?):\/\/)?(\*\.)?([^*]+)$/i.exec(text) ?? [];
  if (scheme === undefined && /[/?#@]/.test(rest)) return undefined;
  try {
    const url = new URL(`${scheme ?? 'http'}://${rest}`);
    if (url.hostname === '' || url.username !== '' || url.search !== '' || url.hash !== '') return undefined;
    const protocol = scheme === undefined ? undefined : url.protocol === 'http:' ? 'http:' : 'https:';
    const port = url.port === '' ? /:(\d+)$/.exec(rest)?.[1] : url.port;
    return {
      ...(protocol === undefined ? {} : { protocol }),
      host: wild + url.hostname,
      ...(port === undefined ? {} : { port }),
      path: url.pathname,
    };
  } catch {
    return undefined;
  }
}

/** Whether a text is an entry of the list of addresses that may be read. */
export function isAllowedUrlEntry(text: string): boolean {
  return readEntry(text) !== undefined;
}

function hostFits(entry: string, host: string): boolean {
  if (entry === '*') return true;
  return entry.startsWith('*.') ? host.endsWith(entry.slice(1)) : host === entry;
}

function portOf(url: URL): string {
  return url.port || (DEFAULT_PORTS[url.protocol] ?? '');
}

/** `/a` covers `/a` and `/a/b`, not `/ab`. */
function pathFits(entry: string, path: string): boolean {
  return path === entry || path.startsWith(entry.endsWith('/') ? entry : `${entry}/`);
}

/** Finds why an address may be read; undefined where it may not. */
export function matchAllowRule(list: readonly string[], url: URL): AllowRule | undefined {
  if (DEFAULT_PORTS[url.protocol] === undefined || url.username !== '' || url.password !== '') return undefined;
  // A host may be written with the dot that ends every name.
  const host = url.hostname.replace(/\.$/, '');
  const fitting = list
    .map(readEntry)
    .filter(
      (entry) =>
        entry !== undefined &&
        (entry.protocol ?? url.protocol) === url.protocol &&
        hostFits(entry.host, host) &&
        (entry.port ?? DEFAULT_PORTS[url.protocol]) === portOf(url) &&
        pathFits(entry.path, url.pathname),
    );
  if (fitting.length === 0) return undefined;
  return fitting.some((entry) => entry?.host === host) ? 'named' : 'pattern';
}
