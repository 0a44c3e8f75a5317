import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { AccessLimits, Source } from './sources.ts';

/** A server that sends nothing for this long is given up by ffmpeg itself, beside our own watchdog. */
const NETWORK_SILENCE_MICROS = 20_000_000;
const LOCAL = ['file', 'crypto', 'data'];
const NETWORK = ['http', 'https', 'tcp', 'tls', 'crypto', 'httpproxy', 'data'];

/** 16K video has 133 million pixels a frame. What a hostile header claims, or a frame in the middle, may be any number. */
export const MOST_VIDEO_PIXELS = 2 ** 27;

/** How ffmpeg and ffprobe open a source. */
export interface FfmpegInput {
  /** What stands after `-i`. */
  readonly input: string;
  /** Options that stand before it. */
  readonly options: readonly string[];
  /** Changes to the environment of ffmpeg; undefined removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The input and the protocols that fit it: a local file never makes ffmpeg reach for the network, and a URL never for
 * local files. A local playlist may reach for the network only where it lists http(s) addresses itself.
 */
export async function ffmpegInput(source: Source): Promise<FfmpegInput> {
  const limits = source.reach === undefined ? [] : limitsOf(source.reach);
  // ffmpeg would bypass the checking proxy for the hosts in `no_proxy`.
  const env = source.reach?.proxy === undefined ? {} : { no_proxy: undefined };
  if (source.kind === 'url') {
    const silence = ['-rw_timeout', String(NETWORK_SILENCE_MICROS)];
    return { input: source.input, options: ['-protocol_whitelist', NETWORK.join(','), ...silence, ...limits], env };
  }
  if (source.reach !== undefined) {
    return { input: `file:${source.input}`, options: ['-protocol_whitelist', LOCAL.join(','), ...limits], env };
  }
  const remote = extname(source.input).toLowerCase() === '.m3u8' && (await listsAddresses(source.input));
  const protocols = remote ? [...new Set([...LOCAL, ...NETWORK])] : LOCAL;
  // `file:` keeps a name such as `a:b.mp4` from being read as a protocol.
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
