import path from 'node:path';
import { UsageError } from '../../core/failures.ts';
import { hideSecrets } from '../../core/text/secrets.ts';
import { statIfPresent } from '../../storage/kind-of.ts';

/** How a live source is opened. `http`: HLS, or a video that a server sends without end. */
export type LiveKind = 'rtsp' | 'rtmp' | 'udp' | 'srt' | 'http' | 'device' | 'file';

/** A camera, a stream, or a file that grows. */
export interface LiveSource {
  /** Its name in outputs, unique within a run. */
  readonly name: string;
  readonly kind: LiveKind;
  /** What ffmpeg opens. May contain a password. */
  readonly address: string;
  /** The address without secrets, for messages. */
  readonly label: string;
}

const SCHEMES: Readonly<Record<string, LiveKind>> = {
  rtsp: 'rtsp',
  rtsps: 'rtsp',
  rtmp: 'rtmp',
  rtmps: 'rtmp',
  udp: 'udp',
  rtp: 'udp',
  srt: 'srt',
  http: 'http',
  https: 'http',
};

/** `NAME=ADDRESS`; a name has no characters that begin an address or a path. */
const NAMED = /^([^=:/\\?#]+)=(.+)$/s;
/** `udp://:1234`, as ffmpeg takes it: every address of this machine. */
const ANY_HOST = /^(udp|rtp|srt):\/\/@?:/i;
/** What ends an address in a list of ffmpeg. */
const UNSAFE = /[\s'\\\p{Cc}]/u;
const VARIABLE = /\$\{(\w+)\}/g;

/** Replaces `${NAME}` by the environment's value, escaped for an address. Throws a UsageError where it is not set. */
function withVariables(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(VARIABLE, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new UsageError(`\${${name}}: the environment has no ${name}; set it`);
    return encodeURIComponent(value);
  });
}

/** The address without user, query and, for RTMP, the stream key that ends its path. */
function labelOf(kind: LiveKind, address: string): string {
  if (kind === 'file' || kind === 'device' || !URL.canParse(address)) return hideSecrets(address);
  const { protocol, host, pathname } = new URL(address);
  const shown = kind === 'rtmp' ? path.posix.dirname(pathname) : pathname;
  return `${protocol}//${host}${shown === '/' ? '' : shown}`;
}

/** A short name for a source that was given none. */
function nameOf(kind: LiveKind, address: string): string {
  if (kind === 'file' || kind === 'device' || !URL.canParse(address)) return path.basename(address);
  const { hostname, port } = new URL(address);
  return kind === 'udp' || kind === 'srt' ? `${hostname}:${port}` : hostname.replace(/^\[|\]$/g, '');
}

async function kindOf(address: string): Promise<LiveKind> {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    const kind = SCHEMES[scheme];
    if (kind !== undefined) return kind;
    const known = Object.keys(SCHEMES).join(', ');
    throw new UsageError(`${hideSecrets(address)}: live does not read ${scheme}: addresses, but ${known}`);
  }
  if (/^avfoundation:/i.test(address)) return 'device';
  const found = await statIfPresent(address);
  if (found?.isCharacterDevice() === true || /^\/dev\/video\d+$/.test(address)) return 'device';
  if (found?.isDirectory() === true) {
    throw new UsageError(`${address} is a folder: name a file that grows, or use secondglance watch for folders`);
  }
  return 'file';
}

/**
 * Reads an argument: an address, a device or a file, with a name before it where one is given (`front=rtsp://...`). `${NAME}` stands for a
 * variable of the environment. Throws a UsageError.
 */
export async function parseLiveSource(text: string, env: NodeJS.ProcessEnv): Promise<LiveSource> {
  const [, given, rest] = NAMED.exec(text) ?? [];
  const address = withVariables(rest ?? text, env)
    .trim()
    .replace(ANY_HOST, '$1://0.0.0.0:');
  const kind = await kindOf(address);
  const local = kind === 'file' || kind === 'device';
  if (!local && (!URL.canParse(address) || new URL(address).hostname === '')) {
    throw new UsageError(`${hideSecrets(text)}: not a valid address`);
  }
  if (!local && UNSAFE.test(address)) {
    throw new UsageError(`${hideSecrets(text)}: has a space or a quote; write it as %20 or %27`);
  }
  const opened = kind === 'file' ? path.resolve(address) : address;
  return { name: given?.trim() ?? nameOf(kind, address), kind, address: opened, label: labelOf(kind, address) };
}

/** Lines of a file of sources: one argument a line; empty lines and those that begin with `#` do not count. */
export function sourceLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Reads arguments in order, and numbers the names that come twice: `cam`, `cam-2`. Throws a UsageError. */
export async function parseLiveSources(texts: readonly string[], env: NodeJS.ProcessEnv): Promise<LiveSource[]> {
  const sources: LiveSource[] = [];
  const names = new Set<string>();
  for (const text of texts) {
    const source = await parseLiveSource(text, env);
    let { name } = source;
    for (let n = 2; names.has(name); n += 1) name = `${source.name}-${n}`;
    names.add(name);
    sources.push({ ...source, name });
  }
  return sources;
}
