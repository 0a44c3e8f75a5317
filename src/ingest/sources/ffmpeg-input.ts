import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { AccessLimits, Source } from './sources.ts';

/** ffmpeg's own time-out for a silent server, besides our watchdog. */
const NETWORK_SILENCE_MICROS = 20_000_000;
const LOCAL = ['file', 'crypto', 'data'];
const NETWORK = ['http', 'https', 'tcp', 'tls', 'crypto', 'httpproxy', 'data'];

/** A limit against hostile headers: 16K video has 133 million pixels a frame. */
export const MOST_VIDEO_PIXELS = 2 ** 27;

/** How ffmpeg and ffprobe open a source. */
export interface FfmpegInput {
  /** The value of `-i`. */
  readonly input: string;
  /** Options before `-i`. */
  readonly options: readonly string[];
  /** Changes to the environment of ffmpeg; undefined removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The input and the protocols that it needs: a local file never opens the network, and a URL never opens local files. A local playlist may open the
 * network only if it lists http(s) addresses.
 */
export async function ffmpegInput(source: Source): Promise<FfmpegInput> {
  const limits = source.limits === undefined ? [] : limitsOf(source.limits);
  // ffmpeg would bypass the checking proxy for the hosts in `no_proxy`.
  const env = source.limits?.proxy === undefined ? {} : { no_proxy: undefined };
  if (source.kind === 'url') {
    const silence = ['-rw_timeout', String(NETWORK_SILENCE_MICROS)];
    return { input: source.input, options: ['-protocol_whitelist', NETWORK.join(','), ...silence, ...limits], env };
  }
  if (source.limits !== undefined) {
    return { input: `file:${source.input}`, options: ['-protocol_whitelist', LOCAL.join(','), ...limits], env };
  }
  const remote = extname(source.input).toLowerCase() === '.m3u8' && (await listsAddresses(source.input));
  const protocols = remote ? [...new Set([...LOCAL, ...NETWORK])] : LOCAL;
  // Without `file:`, a name such as `a:b.mp4` would be taken for a protocol.
  return { input: `file:${source.input}`, options: ['-protocol_whitelist', protocols.join(',')], env };
}

function limitsOf({ formats, proxy }: AccessLimits): string[] {
  const options = ['-format_whitelist', formats.join(','), '-max_pixels', String(MOST_VIDEO_PIXELS)];
  return proxy === undefined ? options : [...options, '-http_proxy', proxy];
}

async function listsAddresses(playlist: string): Promise<boolean> {
  const text = await readFile(playlist, 'utf8').catch(() => '');
  return /^https?:\/\/|URI="https?:\/\//im.test(text);
}
