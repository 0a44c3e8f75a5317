import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { IngestError } from '../errors.ts';
import { asInputError, type Source } from '../sources/sources.ts';
import { checkAddress } from './addresses.ts';
import { GuardError } from './errors.ts';
import { checkPlaylist, isPlaylist } from './playlist.ts';
import { openProxy } from './proxy.ts';

/** What a guard allows; everything else is refused. */
export interface GuardLists {
  /** Absolute folders. */
  readonly allowPaths: readonly string[];
  /** See `allow-rules.ts`. */
  readonly allowUrls: readonly string[];
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
  /** Checks a URL and the addresses of its host. */
  url(address: string): Promise<void>;
  /** Opens a source so that ffmpeg can only open what is allowed, also through redirects and playlists. */
  open(source: Source): Promise<GuardedSource>;
}

/** The allowed demuxers. ffmpeg has hundreds more; some of them open other files. */
const CONTAINERS = [
  ...['mov', 'matroska', 'avi', 'asf', 'flv', 'mpeg', 'mpegvideo', 'mpegts', 'mxf', 'ogg', 'rm', 'dv', 'gif', 'nut'],
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
    throw new GuardError('url-not-allowed', `"${address}" is not an address`, { cause });
  }
}

/**
 * Allows files inside an allowed folder, links resolved, and addresses that the list covers. Nothing else.
 * @throws IngestError `missing-file` for an allowed folder that is not there
 */
export async function openGuard({ allowPaths, allowUrls }: GuardLists): Promise<Guard> {
  const folders: string[] = [];
  for (const folder of allowPaths) {
    const isFolder = await stat(folder)
      .then((found) => found.isDirectory())
      .catch(() => false);
    if (!isFolder) throw new IngestError('missing-file', `the allowed path ${folder} is not an existing folder`);
    folders.push(await realpath(folder));
  }

  const checked = (file: string, real: string): string => {
    if (file.includes('\0') || !inside(real, folders)) {
      throw new GuardError(
        'path-not-allowed',
        `${file} may not be used by this service: it is not in a folder that SECONDGLANCE_ALLOW_PATHS allows`,
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
  /** A missing part of a playlist is left to ffmpeg. */
  const partOf = async (file: string): Promise<string | undefined> => {
    checked(file, await futurePath(file));
    return (await stat(file).catch(() => undefined))?.isFile() ? pathOf(file) : undefined;
  };

  const openUrl = async (source: Source): Promise<GuardedSource> => {
    const url = readUrl(source.input);
    await checkAddress(allowUrls, url);
    const proxy = await openProxy(allowUrls);
    return {
      source: { ...source, input: url.href, limits: { formats: [...CONTAINERS, ...HLS], proxy: proxy.url } },
      refusal: () => proxy.refusal(),
      close: () => proxy.close(),
    };
  };
  const openFile = async (source: Source): Promise<GuardedSource> => {
    const input = await pathOf(source.input);
    const hls = source.kind === 'file' && (await isPlaylist(input).catch(() => false));
    if (hls) await checkPlaylist(input, partOf);
    const limits = { formats: hls ? [...CONTAINERS, ...HLS] : CONTAINERS };
    return { source: { ...source, input, limits }, refusal: () => undefined, close: async () => {} };
  };

  return {
    path: pathOf,
    outputPath: async (file) => checked(file, await futurePath(file)),
    url: async (address) => void (await checkAddress(allowUrls, readUrl(address))),
    open: (source) => (source.kind === 'url' ? openUrl(source) : openFile(source)),
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
