import { realpath, stat } from 'node:fs/promises';
import { readRegular } from '../../core/regular-file.ts';
import { isPictureContent, looksLikeContainer } from '../../ingest/sources/sniff.ts';
import { trackFormat } from '../../pipeline/formats/formats.ts';
import { OutputError } from '../../storage/errors.ts';
import { assertNotInput, outputStatus } from '../../storage/output-manifest.ts';
import { formatOf, needsVideo, type Target } from './target.ts';

/** Containers have zero bytes near their start; texts have none, whatever they begin with. */
const HEAD_BYTES = 512;

/** The ending that the names of a format's tracks have. */
function checkEnding(target: Target, file: string): void {
  if (target.into !== undefined || formatOf(file) === target.format) return;
  const { extension } = trackFormat(target.format);
  throw new OutputError(
    'output-ending',
    `${file} does not have the extension of a ${target.format} track: end it with .${extension}`,
  );
}

async function mediaIn(file: string): Promise<'video' | 'picture' | undefined> {
  const head = await readRegular(file, HEAD_BYTES);
  if (!head.includes(0) && !head.toString('latin1').startsWith('YUV4MPEG2 ')) return undefined;
  if (await isPictureContent(file)) return 'picture';
  return (await looksLikeContainer(file)) ? 'video' : undefined;
}

function refuseMedia(file: string): OutputError {
  return new OutputError(
    'output-is-media',
    `${file} is a video or a picture and is left unchanged: choose another name`,
  );
}

/** What a command writes that is no track. */
export interface DocumentKind {
  /** As in "no name for a report". */
  readonly name: string;
  /** How its files may end, the usual one first. */
  readonly endings: readonly string[];
  /** It is a picture itself, so that it may replace one. */
  readonly picture?: boolean;
}

/** As {@link checkTarget}, for a document that is no track: what no `force` permits. */
export async function checkDocument(file: string, kind: DocumentKind, source?: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return;
  for (const name of found === undefined ? [file] : [file, await realpath(file)]) {
    if (kind.endings.some((ending) => name.toLowerCase().endsWith(ending))) continue;
    throw new OutputError('output-ending', `${name} is no name for a ${kind.name}: end it with ${kind.endings[0]}`);
  }
  if (found === undefined) return;
  if (source !== undefined) await assertNotInput(file, source);
  const media = await mediaIn(file).catch(() => undefined);
  if (media === 'video' || (media === 'picture' && kind.picture !== true)) throw refuseMedia(file);
}

/**
 * Checks what no `force` permits for a copy of a video: that it replaces its input, or a video or picture that is not an earlier output of ours.
 * @param source path of the input
 * @throws OutputError `output-is-media`
 */
export async function checkVideoOutput(stateDir: string, file: string, source: string | undefined): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) return;
  if (source !== undefined) await assertNotInput(file, source);
  if ((await mediaIn(file).catch(() => undefined)) === undefined) return;
  if ((await outputStatus(stateDir, file, '')) !== 'foreign') return;
  throw new OutputError(
    'output-is-media',
    `${file} is a video or a picture that secondglance did not write, and is left unchanged: choose another name`,
  );
}

/**
 * Checks what no `force` permits: that a track replaces its input, or a video or picture, or takes a name that ends otherwise than its format's.
 * Pipes and devices may have any name.
 * @param source path of the input, where it is a file
 * @throws OutputError `output-ending`, `output-is-media`
 */
export async function checkTarget(stateDir: string, target: Target, source: string | undefined): Promise<void> {
  const { path: file } = target;
  if (file === '-') return;
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return;
  checkEnding(target, file);
  if (found === undefined) return;
  if (needsVideo(target)) return checkVideoOutput(stateDir, file, source);
  if (source !== undefined) await assertNotInput(file, source);
  checkEnding(target, await realpath(file));
  if ((await mediaIn(file).catch(() => undefined)) !== undefined) throw refuseMedia(file);
}
