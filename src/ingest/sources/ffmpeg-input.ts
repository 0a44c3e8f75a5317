import { extname } from 'node:path';
import { openRegular } from '../../core/regular-file.ts';
import { BlockedProtocolError } from '../access/errors.ts';
import { type RelayedSource, type RelayRules, relaySource } from '../access/relay.ts';
import type { RelayTarget } from '../access/relay-entries.ts';
import { isPlaylistFile } from '../access/serve-file.ts';
import type { IngestError } from '../errors.ts';
import type { Source } from './sources.ts';

/** ffmpeg's own time-out for a silent server, besides our watchdog. */
const NETWORK_SILENCE_MICROS = 20_000_000;
/** The relay answers HTTP; `crypto` decrypts segments, `data` holds their keys. */
const RELAYED = ['http', 'tcp', 'crypto', 'data'];

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
  /** Why something that the source names could not be read, where ffmpeg does not know; undefined where nothing failed. */
  failure(): IngestError | undefined;
}

/** Without a guard: every http(s) address, and every file that a local playlist names; addresses in it only where it is called one. */
const OPEN_RULES: RelayRules = {
  checkUrl: () => undefined,
  addressOf: async () => undefined,
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

async function isPlaylist(file: string): Promise<boolean> {
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
 */
export async function ffmpegInput(source: Source): Promise<FfmpegInput> {
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
  if (relay === undefined) {
    // Without `file:`, a name such as `a:b.mp4` would be taken for a protocol.
    const options = ['-protocol_whitelist', 'file,crypto,data', ...formats, ...pixels];
    return { input: `file:${input}`, options, env: {}, failure: () => undefined };
  }
  relay.takeFailure();
  const network = ['-rw_timeout', String(NETWORK_SILENCE_MICROS), '-http_proxy', relay.proxy];
  return {
    input: relay.address,
    options: ['-protocol_whitelist', RELAYED.join(','), ...network, ...formats, ...pixels],
    // ffmpeg would bypass its proxy, which is the relay, for the hosts in `no_proxy`.
    env: { no_proxy: undefined, NO_PROXY: undefined },
    failure: () => relay.takeFailure(),
  };
}
