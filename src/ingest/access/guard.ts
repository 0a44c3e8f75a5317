import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { RegularFile } from '../../core/regular-file.ts';
import { hideAddress } from '../../core/text/secrets.ts';
import { IngestError } from '../errors.ts';
import { asInputError, type Source } from '../sources/sources.ts';
import { checkAddress, checkUrl } from './addresses.ts';
import { GuardError } from './errors.ts';
import { openChecked, pinFile } from './pin-file.ts';
import { type RelayRules, relaySource } from './relay.ts';
import type { RelayTarget } from './relay-entries.ts';
import { isPlaylistFile } from './serve-file.ts';

/** What a guard allows; everything else is refused. */
export interface GuardLists {
  /** Absolute folders. */
  readonly allowPaths: readonly string[];
  /** See `allow-rules.ts`. */
  readonly allowUrls: readonly string[];
  /** Where users set `allowPaths`. Default: SECONDGLANCE_ALLOW_PATHS. */
  readonly pathsFrom?: string;
}

/** A checked source, until it is closed. */
export interface GuardedSource {
  /** To be probed and decoded in place of the original source. */
  readonly source: Source;
  /** What was refused during reading, also where ffmpeg continued without it. */
  refusal(): GuardError | undefined;
  close(): Promise<void>;
}

/** Checks what services read and write. Everything that is not allowed is refused with a GuardError. */
export interface Guard {
  /** The real path of a file to read, inside an allowed folder. Throws an IngestError where it does not exist. */
  path(file: string): Promise<string>;
  /** Checks that a file may be written there. */
  outputPath(file: string): Promise<string>;
  /** Checks a folder, without links in its path, that is written to. */
  folder(real: string): void;
  /** Checks a URL and the addresses of its host. */
  url(address: string): Promise<void>;
  /** Opens a source so that ffmpeg can only open what is allowed, also through redirects and playlists. */
  open(source: Source): Promise<GuardedSource>;
}

/** The allowed demuxers. ffmpeg has hundreds more; some of them open other files. */
const CONTAINERS = [
  ...[
    'mov',
    'matroska',
    'avi',
    'asf',
    'flv',
    'mpeg',
    'mpegvideo',
    'mpegts',
    'mxf',
    'ogg',
    'rm',
    'dv',
    'gif',
    'apng',
    'nut',
  ],
  ...['ivf', 'wtv', 'yuv4mpegpipe', 'h264', 'hevc', 'm4v', 'mjpeg', 'av1', 'obu', 'vc1'],
];
/** More demuxers, for HLS and its segments. */
const HLS = ['hls', 'aac', 'mp3', 'ac3', 'eac3', 'webvtt'];

function inside(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`));
}

/** The path with the links of its existing part resolved. */
async function futurePath(file: string): Promise<string> {
  const rest: string[] = [];
  for (let at = path.resolve(file); ; at = path.dirname(at)) {
    const real = await realpath(at).catch(() => undefined);
    if (real !== undefined) return path.join(real, ...rest);
    rest.unshift(path.basename(at));
    if (path.dirname(at) === at) return file;
  }
}

function readUrl(address: string): URL {
  try {
    return new URL(address);
  } catch (cause) {
    throw new GuardError('url-not-allowed', `"${hideAddress(address)}" is not an address`, { cause });
  }
}

/**
 * Allows files inside an allowed folder, links resolved, and addresses that the list covers. Nothing else.
 * @throws IngestError `missing-file` for an allowed folder that is not there
 */
export async function openGuard({
  allowPaths,
  allowUrls,
  pathsFrom = 'SECONDGLANCE_ALLOW_PATHS',
}: GuardLists): Promise<Guard> {
  const folders: string[] = [];
  for (const folder of allowPaths) {
    const isFolder = await stat(folder)
      .then((found) => found.isDirectory())
      .catch(() => false);
    if (!isFolder) throw new IngestError('missing-file', `${pathsFrom}: ${folder} is not an existing folder`);
    folders.push(await realpath(folder));
  }

  const checked = (file: string, real: string): string => {
    if (file.includes('\0') || !inside(real, folders)) {
      throw new GuardError(
        'path-not-allowed',
        `${file} may not be used by this service: it is not in a folder that ${pathsFrom} allows`,
      );
    }
    return real;
  };
  const pathOf = async (file: string): Promise<string> => {
    // Refused before the file is opened, so that the answer does not reveal what exists outside.
    checked(file, await futurePath(file));
    const real = await realpath(file).catch((error: unknown) => {
      throw asInputError(error, file);
    });
    return checked(file, real);
  };
  const openFile = async (file: string): Promise<RegularFile> => {
    const real = await pathOf(file);
    return openChecked(real, (opened) => void checked(file, opened)).catch((error: unknown) => {
      throw error instanceof GuardError ? error : asInputError(error, file);
    });
  };
  const rules: RelayRules = {
    checkUrl: (url, why) => checkUrl(allowUrls, url, why),
    addressOf: (url) => checkAddress(allowUrls, url),
    checkFile: (file) => void checked(file, file),
    checkScheme(scheme, playlist) {
      const what = `it names a ${scheme}: address; only files beside it are followed from there`;
      throw new GuardError('path-not-allowed', `the playlist ${playlist} may not be read by this service: ${what}`);
    },
    openFile,
  };
  const openRelayed = async (source: Source, target: RelayTarget): Promise<GuardedSource> => {
    const relay = await relaySource(source.label, target, rules);
    return {
      source: { ...source, limits: { formats: [...CONTAINERS, ...HLS], relay } },
      refusal: () => relay.refusal(),
      close: async () => relay.close(),
    };
  };

  const openUrl = async (source: Source): Promise<GuardedSource> => {
    const url = readUrl(source.input);
    await checkAddress(allowUrls, url);
    return openRelayed(source, { kind: 'url', url });
  };
  const openVideo = async (source: Source): Promise<GuardedSource> => {
    const opened = await openFile(source.input);
    if (source.kind === 'file' && (await isPlaylistFile(opened))) {
      await opened.handle.close();
      const file = await pathOf(source.input);
      return openRelayed({ ...source, input: file }, { kind: 'file', file });
    }
    const { path: input, close } = await pinFile(opened, source.input);
    return { source: { ...source, input, limits: { formats: CONTAINERS } }, refusal: () => undefined, close };
  };

  return {
    path: pathOf,
    outputPath: async (file) => checked(file, await futurePath(file)),
    folder: (real) => void checked(real, real),
    url: async (address) => void (await checkAddress(allowUrls, readUrl(address))),
    open: (source) => (source.kind === 'url' ? openUrl(source) : openVideo(source)),
  };
}

/**
 * Runs `act` on a guarded source. A refusal is thrown in place of ffmpeg's error, also where ffmpeg continued without the refused part.
 */
export async function underGuard<T>(guard: Guard, source: Source, act: (source: Source) => Promise<T>): Promise<T> {
  const guarded = await guard.open(source);
  try {
    const result = await act(guarded.source);
    const refused = guarded.refusal();
    if (refused !== undefined) throw refused;
    return result;
  } catch (error) {
    throw guarded.refusal() ?? error;
  } finally {
    await guarded.close();
  }
}
