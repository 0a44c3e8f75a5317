import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { isMissing } from '../../core/errors.ts';
import { NotRegularFileError } from '../../core/regular-file.ts';
import { hideAddress } from '../../core/text/secrets.ts';
import { isWebAddress } from '../../core/text/web-address.ts';
import { statIfPresent } from '../../storage/kind-of.ts';
import type { RelayedSource } from '../access/relay.ts';
import { IngestError } from '../errors.ts';
import { isAnimatedPng, isPictureContent, isTypeScript, MEDIA_EXTENSIONS, PICTURE_EXTENSIONS } from './sniff.ts';
import { isGuidePicture, isSystemFolder } from './system-folders.ts';

/** One thing to caption. */
export interface Source {
  readonly kind: 'file' | 'picture' | 'url' | 'stdin';
  /** What to open: an absolute path, a URL, or `-` for a stdin that is not spooled yet. */
  readonly input: string;
  /** The name in outputs: with `/`, relative to the folder in which it was found. */
  readonly name: string;
  /** The subfolder of the argument in which it was found (`''` for the top); absent where the argument was the file itself. */
  readonly tree?: string;
  /** The argument, or the path that was found; for messages. */
  readonly label: string;
  /** Limits on what ffmpeg may open for it, under a guard; see `guard.ts`. */
  readonly limits?: AccessLimits;
}

/** What ffmpeg may open for a source. */
export interface AccessLimits {
  /** Names of the allowed demuxers. */
  readonly formats: readonly string[];
  /** The relay that checks everything that the source names; absent for a video in a file. */
  readonly relay?: RelayedSource;
}

/** The sources of a command's arguments. */
export interface ExpandedInputs {
  readonly sources: Source[];
  /** Arguments without a source, each with the reason. They do not affect the others. */
  readonly problems: InputProblem[];
}

/** An argument (or a folder below it) that could not be used. */
export interface InputProblem {
  readonly label: string;
  readonly error: IngestError;
}

/**
 * Turns arguments into sources: files, pictures, folders (searched recursively, sorted, without hidden names, system folders and the pictures of our own guides), globs (where no file has that exact
 * name), http(s) URLs, and `-` for stdin. A file that is found twice counts once, at its first place. `probe` decides whether a file is a
 * video, and reports broken ones.
 */
export async function expandInputs(args: readonly string[]): Promise<ExpandedInputs> {
  const sources: Source[] = [];
  const problems: InputProblem[] = [];
  const seen = new Set<string>();
  const add = async (source: Source): Promise<void> => {
    const identity = source.kind === 'url' || source.kind === 'stdin' ? source.input : await realpath(source.input);
    if (seen.has(identity)) return;
    seen.add(identity);
    sources.push(source);
  };
  for (const arg of args) {
    try {
      for (const source of await expandOne(arg, problems)) {
        // A file that is gone meanwhile, or whose name is no UTF-8, does not affect those after it.
        await add(source).catch((error: unknown) => {
          problems.push({ label: source.label, error: asInputError(error, source.label) });
        });
      }
    } catch (error) {
      problems.push({ label: arg, error: asInputError(error, arg) });
    }
  }
  return { sources, problems };
}

async function expandOne(arg: string, problems: InputProblem[]): Promise<Source[]> {
  if (arg === '-') return [{ kind: 'stdin', input: '-', name: 'stdin', label: 'stdin' }];
  if (isWebAddress(arg)) return [urlSource(arg)];
  const info = await statIfPresent(arg);
  if (info === undefined) return await expandGlob(arg, problems);
  if (info.isDirectory()) return await expandFolder(arg, problems);
  return [await fileSource(arg)];
}

/** Also for matches of a glob: a file that is named explicitly counts whatever its extension. */
async function fileSource(path: string): Promise<Source> {
  const extension = extname(path).toLowerCase();
  const still =
    PICTURE_EXTENSIONS.has(extension) || (!MEDIA_EXTENSIONS.has(extension) && (await isPictureContent(path)));
  const picture = still && !(await isAnimatedPng(path).catch(() => false));
  return { kind: picture ? 'picture' : 'file', input: resolve(path), name: basename(path), label: path };
}

function urlSource(arg: string): Source {
  let url: URL;
  try {
    url = new URL(arg);
  } catch (cause) {
    throw new IngestError('missing-file', `"${hideAddress(arg)}" is not a valid URL.`, { cause });
  }
  const last = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .at(-1);
  return { kind: 'url', input: url.href, name: last === undefined ? url.host : decode(last), label: hideAddress(arg) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('/', '_');
  } catch {
    return part; // a stray % in the address
  }
}

async function expandGlob(pattern: string, problems: InputProblem[]): Promise<Source[]> {
  if (!/[*?[\]{}!()]/.test(pattern)) {
    throw new IngestError('missing-file', missing(pattern));
  }
  const matches = await glob(pattern.replaceAll('\\', '/'), { onlyFiles: false, expandDirectories: false, dot: false });
  if (matches.length === 0) throw new IngestError('no-match', `Nothing matches "${pattern}".`);
  const sources: Source[] = [];
  for (const match of matches.map((path) => path.replace(/\/$/, '')).sort(byName)) {
    try {
      const info = await stat(match);
      if (!info.isDirectory()) sources.push(await fileSource(match));
      // A pattern such as `**` matches folders and the files in them: then only the files count.
      else if (!matches.some((other) => other.startsWith(`${match}/`) && other !== `${match}/`)) {
        sources.push(...(await expandFolder(match, problems)));
      }
    } catch (error) {
      problems.push({ label: match, error: asInputError(error, match) });
    }
  }
  return sources;
}

async function expandFolder(folder: string, problems: InputProblem[]): Promise<Source[]> {
  const sources: Source[] = [];
  const search = async (tree: string): Promise<void> => {
    const entries = await readdir(join(folder, tree), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => byName(a.name, b.name))) {
      if (entry.name.startsWith('.') || isSystemFolder(entry.name)) continue;
      const name = tree === '' ? entry.name : `${tree}/${entry.name}`;
      const path = join(folder, name);
      if (entry.isDirectory()) {
        await search(name).catch((error: unknown) => problems.push({ label: path, error: asInputError(error, path) }));
        continue;
      }
      // Links to folders are skipped, because they may form a cycle; links to files count.
      const kind = pictureOrVideo(entry.name);
      if (kind === undefined || !(entry.isFile() || (entry.isSymbolicLink() && (await isFile(path))))) continue;
      if ((await isTypeScript(path)) || (await isGuidePicture(path))) continue;
      const animated = /\.a?png$/i.test(path) && (await isAnimatedPng(path).catch(() => false));
      sources.push({ kind: animated ? 'file' : kind, input: resolve(path), name, tree, label: path });
    }
  };
  await search('');
  if (sources.length === 0) {
    throw new IngestError('empty-folder', `The folder "${folder}" has no video or picture in it.`);
  }
  return sources;
}

function pictureOrVideo(name: string): 'picture' | 'file' | undefined {
  const extension = extname(name).toLowerCase();
  if (PICTURE_EXTENSIONS.has(extension)) return 'picture';
  return MEDIA_EXTENSIONS.has(extension) ? 'file' : undefined;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** By code unit, so that the order is the same under every locale. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** True for a name with bytes that are no UTF-8. Node.js cannot name such a file: it puts U+FFFD in place of the bytes. */
export function isUndecoded(name: string): boolean {
  return name.includes('\uFFFD');
}

function missing(label: string): string {
  return isUndecoded(label)
    ? `"${label}" cannot be opened, because its name is not UTF-8: rename the file or its folder.`
    : `"${label}" does not exist: check the name.`;
}

/** The system's codes for a disk or a share that does not answer. */
const AWAY: ReadonlySet<string> = new Set(
  'EIO ESTALE ENOTCONN ENODEV ENXIO EHOSTDOWN EHOSTUNREACH ETIMEDOUT ECONNABORTED ECONNRESET EREMOTEIO'.split(' '),
);

/** The error of a path that could not be read. */
export function asInputError(error: unknown, label: string): IngestError {
  if (error instanceof IngestError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof NotRegularFileError && error.folder) {
    return new IngestError('not-a-file', `"${label}" is a folder: name the files in it`, { cause: error });
  }
  if (code === 'ENOTREGULAR') {
    const advice = 'name a file, or pipe it in: secondglance caption - < FILE';
    return new IngestError('not-a-file', `"${label}" is a named pipe, a socket or a device: ${advice}`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new IngestError('no-permission', `"${label}" may not be read by this user: change its permissions.`, {
      cause: error,
    });
  }
  if (isMissing(error)) {
    return new IngestError('missing-file', missing(label), { cause: error });
  }
  if (AWAY.has(code ?? '')) {
    const message = `"${label}" cannot be read (${code}): its disk or share is gone or does not answer; run the command again when it is back.`;
    return new IngestError('input-away', message, { cause: error });
  }
  return new IngestError('unreadable', `"${label}" cannot be read (${code ?? String(error)}).`, { cause: error });
}
