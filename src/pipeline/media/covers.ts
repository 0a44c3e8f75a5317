import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { StreamInfo } from '../../ingest/probe/streams.ts';
import type { Source } from '../../ingest/sources/sources.ts';

/** Media types of cover pictures, by ffmpeg's name of the codec. */
const TYPES: Readonly<Record<string, string>> = {
  mjpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  bmp: 'image/bmp',
  tiff: 'image/tiff',
  webp: 'image/webp',
};

/** A cover picture as a file to attach. */
export interface CoverFile {
  readonly file: string;
  readonly name: string;
  readonly type: string;
}

/** Copies cover pictures out of a video into a folder that `dispose` removes. Throws as `runFfmpeg`. */
export async function extractCovers(
  source: Source,
  covers: readonly StreamInfo[],
  signal: AbortSignal,
): Promise<{ readonly files: readonly CoverFile[]; dispose(): Promise<void> }> {
  if (covers.length === 0) return { files: [], dispose: async () => undefined };
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-covers-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const advice = 'check that the disk of the temporary folder has room for it.';
  try {
    const files: CoverFile[] = [];
    for (const { index, codec, tags } of covers) {
      const file = path.join(folder, `${index}`);
      const build: Parameters<typeof runFfmpeg>[1]['build'] = (command) =>
        command.outputOptions('-map', `0:${index}`, '-c', 'copy', '-frames:v', '1').format('rawvideo').output(file);
      await runFfmpeg(source, { doing: 'copying the cover picture of', advice, build }, signal);
      const type = TYPES[codec ?? ''] ?? 'application/octet-stream';
      const ending = type.split('/')[1]?.replace('jpeg', 'jpg') ?? 'bin';
      files.push({
        file,
        type,
        name: tags.filename ?? (files.length === 0 ? `cover.${ending}` : `cover-${index}.${ending}`),
      });
    }
    return { files, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
