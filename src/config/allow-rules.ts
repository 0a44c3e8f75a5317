/** One entry of the list of addresses that may be read. */
interface AllowedUrl {
  /** Undefined: all. */
  readonly protocol?: string;
  /** A name or an IP address; `*.example.org` for all below it, `*` for every one. */
  readonly host: string;
  /** Undefined: the protocol's own. */
  readonly port?: string;
  /** Begins with `/`. */
  readonly path: string;
}

/** Why an address is allowed: its host stands in the list by name, or falls under a pattern. */
export type AllowRule = 'named' | 'pattern';

type Ports = Readonly<Record<string, string>>;

const WEB_PORTS: Ports = { 'http:': '80', 'https:': '443' };
/** Of live streams; empty where an address always names its port. */
const LIVE_PORTS: Ports = {
  ...{ 'rtsp:': '554', 'rtsps:': '322', 'rtmp:': '1935', 'rtmps:': '443' },
  ...{ 'srt:': '', 'udp:': '', 'rtp:': '' },
};
const SCHEMES = [...Object.keys(WEB_PORTS), ...Object.keys(LIVE_PORTS)].map((protocol) => protocol.slice(0, -1));
const ENTRY = new RegExp(`^(?:(${SCHEMES.join('|')})://)?(\\*\\.)?([^*]+)$`, 'i');

/**
 * Reads one entry: the beginning of an address (`https://films.example/public/`, `rtsp://10.0.0.5/`), a host (`films.example`,
 * `nas:8080`), all hosts below a name (`*.films.example`), or `*`. Undefined for anything else.
 */
function readEntry(text: string): AllowedUrl | undefined {
  if (text === '*') return { host: '*', path: '/' };
  const [, scheme, wild = '', rest = ''] = ENTRY.exec(text) ?? [];
  if (scheme === undefined && /[/?#@]/.test(rest)) return undefined;
  try {
    // Only web addresses are normalised.
    const web = scheme === undefined || `${scheme.toLowerCase()}:` in WEB_PORTS;
    const url = new URL(`${web ? (scheme ?? 'http') : 'http'}://${rest}`);
    if (url.hostname === '' || url.username !== '' || url.search !== '' || url.hash !== '') return undefined;
    const protocol = scheme === undefined ? undefined : `${scheme.toLowerCase()}:`;
    const port = url.port === '' ? /^[^/]*:(\d+)(?:\/|$)/.exec(rest)?.[1] : url.port;
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

/** The host without the dot that ends every name, as web addresses have it: `0x7f.1` is 127.0.0.1. */
function hostOf({ hostname }: URL): string {
  const host = hostname.replace(/\.$/, '');
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
}

/** `/a` covers `/a` and `/a/b`, not `/ab`. */
function pathFits(entry: string, path: string): boolean {
  return path === entry || path.startsWith(entry.endsWith('/') ? entry : `${entry}/`);
}

/** Finds why a web address may be read; undefined where it may not, and for one with a user or password. */
export function matchAllowRule(list: readonly string[], url: URL): AllowRule | undefined {
  return url.username === '' && url.password === '' ? matchRule(list, url, WEB_PORTS) : undefined;
}

/** As {@link matchAllowRule}, for addresses of live streams; cameras ask for a password. */
export function matchLiveRule(list: readonly string[], url: URL): AllowRule | undefined {
  return matchRule(list, url, LIVE_PORTS);
}

function matchRule(list: readonly string[], url: URL, ports: Ports): AllowRule | undefined {
  const usual = ports[url.protocol];
  if (usual === undefined) return undefined;
  const host = hostOf(url);
  const port = url.port || usual;
  const fitting = list.map(readEntry).filter(
    (entry) =>
      entry !== undefined &&
      (entry.protocol ?? url.protocol) === url.protocol &&
      hostFits(entry.host, host) &&
      // Where a protocol has no usual port, a host stands for all of them.
      (entry.port ?? (usual === '' ? port : usual)) === port &&
      pathFits(entry.path, url.pathname || '/'),
  );
  if (fitting.length === 0) return undefined;
  return fitting.some((entry) => entry?.host === host) ? 'named' : 'pattern';
}
