import { realpath, stat } from 'node:fs/promises';
import { readRegular } from '../../core/regular-file.ts';
import { isPictureContent, looksLikeContainer } from '../../ingest/sources/sniff.ts';
import { trackFormat } from '../../pipeline/formats/formats.ts';
import { OutputError } from '../../storage/errors.ts';
import { assertNotInput } from '../../storage/output-manifest.ts';
import { formatOf, needsVideo, type Target } from './target.ts';

/** Containers have zero bytes near their start; texts have none, whatever they begin with. */
const HEAD_BYTES = 512;

/** The ending that the names of a format's tracks have. */
function checkEnding(target: Target, file: string): void {
  if (target.into !== undefined || formatOf(file) === target.format) return;
  const { extension } = trackFormat(target.format);
  throw new OutputError('output-ending', `${file} is no name for a ${target.format} track: end it with .${extension}`);
}

async function isMedia(file: string): Promise<boolean> {
  const head = await readRegular(file, HEAD_BYTES);
  return head.includes(0) && ((await looksLikeContainer(file)) || (await isPictureContent(file)));
}

/**
 * Checks what no `force` permits: that a track replaces its input, or a video or picture, or takes a name that ends otherwise than its format's.
 * Pipes and devices may have any name.
 * @param source path of the input, where it is a file
 * @throws OutputError `output-ending`, `output-is-media`
 */
export async function checkTarget(target: Target, source: string | undefined): Promise<void> {
  const { path: file } = target;
  if (file === '-') return;
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return;
  checkEnding(target, file);
  if (found === undefined) return;
  if (source !== undefined) await assertNotInput(file, source);
  if (needsVideo(target)) return;
  checkEnding(target, await realpath(file));
  if (await isMedia(file).catch(() => false)) {
    throw new OutputError(
      'output-is-media',
      `${file} is a video or a picture and is left unchanged: choose another -o`,
    );
  }
}
