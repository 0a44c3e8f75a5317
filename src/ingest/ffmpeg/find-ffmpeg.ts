import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { IngestError } from '../errors.ts';
import { runTool } from './process.ts';

/** How long a question such as `-version` may take on a machine that is busy or cold. */
const QUESTION_MS = 30_000;

/** The ffmpeg that is installed. */
export interface FfmpegTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** As `ffmpeg -version` says it, such as `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** Output options that keep each frame's own time. */
  readonly passthrough: readonly string[];
  /** Words before a command that make the kernel kill it when this process dies; empty where there is no such tool. */
  readonly guard: readonly string[];
  /** True where the filter is built in. */
  hasFilter(name: string): boolean;
}

const known = new Map<string, Promise<FfmpegTools>>();

/**
 * Finds ffmpeg and ffprobe (`FFMPEG_PATH`, `FFPROBE_PATH`, then `PATH`) and asks once what they can do.
 * Throws `ffmpeg-missing`.
 */
export function findFfmpeg(env: NodeJS.ProcessEnv = process.env): Promise<FfmpegTools> {
  const key = [env.FFMPEG_PATH, env.FFPROBE_PATH, env.PATH].join('\n');
  const found = known.get(key) ?? examine(env);
  known.set(key, found);
  found.catch(() => known.delete(key)); // so that a repaired installation is seen by the next call
  return found;
}

async function examine(env: NodeJS.ProcessEnv): Promise<FfmpegTools> {
  const ffmpeg = await locate('ffmpeg', env.FFMPEG_PATH, env);
  const ffprobe = await locate('ffprobe', env.FFPROBE_PATH, env);
  const guard = await findGuard(env);
  const version = /^ffmpeg version (\S+)/.exec(await ask(ffmpeg, ['-version']))?.[1];
  if (version === undefined) {
    throw new IngestError('ffmpeg-missing', `"${ffmpeg}" does not work as ffmpeg: install ffmpeg 4.4 or newer.`);
  }
  const filters = new Set(
    (await ask(ffmpeg, ['-hide_banner', '-filters'])).split('\n').map((line) => line.trim().split(/\s+/)[1] ?? ''),
  );
  return {
    ffmpeg,
    ffprobe,
    version,
    passthrough: knowsFpsMode(version) ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'],
    guard,
    hasFilter: (name) => filters.has(name),
  };
}

/** `-fps_mode` came with 5.1, and `-vsync` is on its way out. A build from git (`N-12345-g...`) counts as new. */
export function knowsFpsMode(version: string): boolean {
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? [];
  return major === undefined || Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 1);
}

async function ask(program: string, args: readonly string[]): Promise<string> {
  const answer = await runTool(
    { guard: [], program, args },
    { signal: new AbortController().signal, timeoutMs: QUESTION_MS },
  );
  return answer.stdout;
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
      // The next one may be there.
    }
  }
  return undefined;
}

/**
 * An ffmpeg that reads a silent server, or that drops frames for minutes, does not notice that the reader of its pipe
 * was killed. On Linux the kernel can kill it with its parent: util-linux's `setpriv` asks for that and then becomes
 * ffmpeg itself. Elsewhere ffmpeg ends with the next frame that it cannot write.
 */
async function findGuard(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const setpriv = await onPath('setpriv', env);
  if (setpriv === undefined) return [];
  const guard = [setpriv, '--pdeathsig', 'KILL', '--'];
  // BusyBox has a setpriv that lacks the option.
  const trial = await runTool(
    { guard, program: process.execPath, args: ['--version'] },
    { signal: new AbortController().signal, timeoutMs: QUESTION_MS },
  );
  return trial.detail.exitCode === 0 ? guard : [];
}
