import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runProcess } from '../../core/process/run-process.ts';
import { IngestError } from '../errors.ts';

/** How long a query may take on a busy machine with cold caches. */
const QUERY_MS = 30_000;

/** The ffmpeg that is installed. */
export interface FfmpegTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** As ffmpeg's banner has it, such as `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** Output options that keep each frame's own time. */
  readonly passthrough: readonly string[];
  /** True where the filter is built in. */
  hasFilter(name: string): boolean;
  /** The options of a demuxer, without their dashes. */
  demuxerOptions(name: string): Promise<ReadonlySet<string>>;
}

const known = new Map<string, Promise<FfmpegTools>>();

/**
 * Finds ffmpeg and ffprobe (`FFMPEG_PATH`, `FFPROBE_PATH`, then `PATH`) and queries their capabilities once.
 * Throws `ffmpeg-missing`.
 */
export function findFfmpeg(env: NodeJS.ProcessEnv = process.env): Promise<FfmpegTools> {
  const key = [env.FFMPEG_PATH, env.FFPROBE_PATH, env.PATH].join('\n');
  const found = known.get(key) ?? inspect(env);
  known.set(key, found);
  found.catch(() => known.delete(key)); // the next call may find a repaired installation
  return found;
}

async function inspect(env: NodeJS.ProcessEnv): Promise<FfmpegTools> {
  const ffmpeg = await locate('ffmpeg', env.FFMPEG_PATH, env);
  const ffprobe = await locate('ffprobe', env.FFPROBE_PATH, env);
  // One run for both: the banner on stderr has the version, stdout the filters.
  const { stdout, detail } = await runProcess({ program: ffmpeg, args: ['-filters'] }, QUERY_MS);
  const version = (detail.stderr ?? [])
    .map((line) => /^ffmpeg version (\S+)/.exec(line)?.[1])
    .find((text) => text !== undefined);
  if (version === undefined) {
    throw new IngestError('ffmpeg-missing', `"${ffmpeg}" does not work as ffmpeg: install ffmpeg 5.1 or newer.`);
  }
  const filters = new Set(stdout.split('\n').map((line) => line.trim().split(/\s+/)[1] ?? ''));
  const options = new Map<string, Promise<ReadonlySet<string>>>();
  const optionsOf = async (name: string): Promise<ReadonlySet<string>> => {
    const { stdout: help } = await runProcess(
      { program: ffmpeg, args: ['-hide_banner', '-h', `demuxer=${name}`] },
      QUERY_MS,
    );
    return new Set([...help.matchAll(/^ {2}-(\w+) /gm)].map(([, option = '']) => option));
  };
  return {
    ffmpeg,
    ffprobe,
    version,
    passthrough: knowsFpsMode(version) ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'],
    hasFilter: (name) => filters.has(name),
    demuxerOptions(name) {
      const found = options.get(name) ?? optionsOf(name);
      options.set(name, found);
      return found;
    },
  };
}

/** `-fps_mode` came with 5.1; `-vsync` is deprecated. A build from git (`N-12345-g...`) counts as new. */
export function knowsFpsMode(version: string): boolean {
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? [];
  return major === undefined || Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 1);
}

async function locate(name: string, given: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const found = given !== undefined && given !== '' ? await executable([given]) : await onPath(name, env);
  if (found !== undefined) return found;
  const where = given !== undefined && given !== '' ? `at "${given}"` : 'on the PATH';
  throw new IngestError(
    'ffmpeg-missing',
    `${name} was not found ${where}: install ffmpeg (on Debian and Ubuntu: apt install ffmpeg) or set ${name.toUpperCase()}_PATH.`,
  );
}

function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const ending = process.platform === 'win32' ? '.exe' : '';
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return executable(folders.map((folder) => join(folder, name + ending)));
}

async function executable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Try the next one.
    }
  }
  return undefined;
}
