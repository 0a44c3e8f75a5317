import { extname } from 'node:path';
import { openRegular } from '../../core/regular-file.ts';
import { environmentProxy } from '../access/environment-proxy.ts';
import { BlockedProtocolError } from '../access/errors.ts';
import { type RelayedSource, type RelayRules, relaySource } from '../access/relay.ts';
import type { RelayTarget } from '../access/relay-entries.ts';
import { isPlaylistFile } from '../access/serve-file.ts';
import type { IngestError } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import type { Source } from './sources.ts';

/** ffmpeg's own time-out for a silent server, besides our watchdog. */
export const NETWORK_SILENCE_MICROS = 20_000_000;
/** The relay answers HTTP; `crypto` decrypts segments, `data` holds their keys. */
export const RELAYED_PROTOCOLS = ['http', 'tcp', 'crypto', 'data'];

/** A limit against hostile headers: 16K video has 133 million pixels a frame. */
export const MOST_VIDEO_PIXELS = 2 ** 27;

/** Names by which ffmpeg takes a playlist for one. */
const PLAYLIST_NAME = /\.(m3u8|m3u)$/i;
/**
 * A playlist is read from its first segment to its last one, once: ffmpeg would begin three segments before the end of one without an end mark,
 * and then ask for more for hours. (With fewer than two reloads it does not open one.) Streams that move to other PIDs stay the same streams.
 */
const WHOLE_PLAYLIST: readonly DemuxerOption[] = [
  ['live_start_index', '0'],
  ['max_reload', '2'],
  ['m3u8_hold_counters', '2'],
  ['seg_format_options', 'merge_pmt_versions=1'],
];
/** Segments and keys of any name, in a playlist on disk that the user named. */
const ANY_NAME: readonly DemuxerOption[] = [
  ['allowed_extensions', 'ALL'],
  ['allowed_segment_extensions', 'ALL'],
  ['extension_picky', '0'],
];
/** A stream that moves to another PID stays the same stream. */
const ONE_STREAM: readonly DemuxerOption[] = [['merge_pmt_versions', '1']];

type DemuxerOption = readonly [name: string, value: string];

/** True where the name of a URL says that ffmpeg will take it for a playlist. */
export function hasPlaylistName({ kind, input }: Source): boolean {
  return kind === 'url' && PLAYLIST_NAME.test(new URL(input).pathname);
}

/** Options of the demuxer, as far as this ffmpeg has them: it refuses others, and those of another demuxer. */
async function demuxerOptions(container: 'hls' | 'mpegts', anyName: boolean): Promise<string[]> {
  const wanted = container === 'mpegts' ? ONE_STREAM : [...WHOLE_PLAYLIST, ...(anyName ? ANY_NAME : [])];
  const known = await (await findFfmpeg()).demuxerOptions(container);
  return wanted.filter(([name]) => known.has(name)).flatMap(([name, value]) => [`-${name}`, value]);
}

/** How ffmpeg and ffprobe open a source. */
export interface FfmpegInput {
  /** The value of `-i`. */
  readonly input: string;
  /** Options before `-i`. */
  readonly options: readonly string[];
  /** Changes to the environment of ffmpeg; undefined removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Why something that the source names could not be read, where ffmpeg does not know; undefined where nothing failed. */
  failure(): IngestError | undefined;
}

/** Without a guard: every http(s) address, and every file that a local playlist names; addresses in it only where it is called one. */
export const OPEN_RULES: RelayRules = {
  checkUrl: () => undefined,
  addressOf: async () => undefined,
  agentOf: environmentProxy,
  checkFile: () => undefined,
  checkScheme(scheme, playlist) {
    if (scheme === 'file' || extname(playlist).toLowerCase() === '.m3u8') return;
    throw new BlockedProtocolError(scheme, `it names a ${scheme}: address`);
  },
  openFile: (file) => openRegular(file),
};

/** Sources that were opened without a guard, by what they open. They stay for the life of the process, which opens them several times. */
const relayed = new Map<string, Promise<RelayedSource>>();

function relayOf({ input, label }: Source, target: RelayTarget): Promise<RelayedSource> {
  const known = relayed.get(input) ?? relaySource(label, target, OPEN_RULES);
  relayed.set(input, known);
  return known;
}

/** True for a file that ffmpeg would read as an HLS playlist; false where it cannot be opened. */
export async function isPlaylist(file: string): Promise<boolean> {
  const opened = await openRegular(file).catch(() => undefined);
  if (opened === undefined) return false;
  try {
    return await isPlaylistFile(opened);
  } finally {
    await opened.handle.close();
  }
}

/**
 * The input and the protocols that it needs. A video in a file is opened as it is, and never leads to another file or to the network. URLs and
 * playlists go through the relay, which checks everything that they name.
 * @param container ffmpeg's name of the container, where the source has been probed
 */
export async function ffmpegInput(source: Source, container?: string): Promise<FfmpegInput> {
  const { kind, input, limits } = source;
  const formats = limits === undefined ? [] : ['-format_whitelist', limits.formats.join(',')];
  const pixels = limits === undefined ? [] : ['-max_pixels', String(MOST_VIDEO_PIXELS)];
  const relay =
    limits !== undefined
      ? limits.relay
      : kind === 'url'
        ? await relayOf(source, { kind: 'url', url: new URL(input) })
        : kind === 'file' && (await isPlaylist(input))
          ? await relayOf(source, { kind: 'file', file: input })
          : undefined;
  // A file behind the relay is a playlist.
  const hls = container?.includes('hls') ?? (relay !== undefined && (kind === 'file' || hasPlaylistName(source)));
  const demuxer = hls
    ? await demuxerOptions('hls', kind === 'file' && limits === undefined)
    : container === 'mpegts'
      ? await demuxerOptions('mpegts', false)
      : [];
  if (relay === undefined) {
    // Without `file:`, a name such as `a:b.mp4` would be taken for a protocol.
    const options = ['-protocol_whitelist', 'file,crypto,data', ...formats, ...pixels, ...demuxer];
    return { input: `file:${input}`, options, env: {}, failure: () => undefined };
  }
  relay.takeFailure();
  const network = ['-rw_timeout', String(NETWORK_SILENCE_MICROS), '-http_proxy', relay.proxy];
  return {
    input: relay.address,
    options: ['-protocol_whitelist', RELAYED_PROTOCOLS.join(','), ...network, ...formats, ...pixels, ...demuxer],
    // ffmpeg would bypass its proxy, which is the relay, for the hosts in `no_proxy`.
    env: { no_proxy: undefined, NO_PROXY: undefined },
    failure: () => relay.takeFailure(),
  };
}
