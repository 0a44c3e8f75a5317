import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SecondGlanceError } from '../../core/errors.ts';
import type { TrackKind } from '../../core/kind.ts';
import { trackTitle } from '../../core/kind.ts';
import { OutputError, outputError } from '../../storage/errors.ts';
import type { TextSink } from '../../storage/sink.ts';
import { openTempFolder, removeTempFolder, syncFolder } from '../../storage/temp-file.ts';
import { toMilliseconds } from '../cues/time.ts';
import { addSubtitles, cueSegments, segmentName, subtitlePlaylist } from './hls-text.ts';
import type { TrackHeader, TrackWriter } from './track-writer.ts';

/** What Apple's players look for (`CHARACTERISTICS`). Plain subtitles have nothing to say of themselves. */
const CHARACTERISTICS: Readonly<Record<TrackKind, readonly string[]>> = {
  descriptions: ['public.accessibility.describes-video'],
  subtitles: [],
  captions: ['public.accessibility.transcribes-spoken-dialog', 'public.accessibility.describes-music-and-sound'],
};

const PLAYLIST = 'subtitles.m3u8';

/** The folder that a master playlist of ours refers to; undefined where the playlist is none of ours. */
async function folderOf(master: string, stem: string): Promise<string | undefined> {
  const text = await readFile(master, 'utf8').catch(() => '');
  const [, address = ''] = /^#EXT-X-MEDIA:TYPE=SUBTITLES,.*URI="([^"/]+)\/subtitles\.m3u8"$/m.exec(text) ?? [];
  const name = address === '' ? '' : decodeURIComponent(address);
  return name.startsWith(`${stem}-`) && /^[0-9a-f]{8}\.hls$/.test(name.slice(stem.length + 1)) ? name : undefined;
}

async function syncFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const handle = await open(path.join(folder, name), 'r+');
    await handle.sync();
    await handle.close();
  }
  await syncFolder(folder);
}

/**
 * HLS (RFC 8216): the sink takes the master playlist; the video, the WebVTT segments and their playlist lie in a folder
 * beside it that is named after what is in it (`holiday-1a2b3c4d.hls`). So a master playlist refers at any time to a
 * whole set of files, also while the next one is written; the set that it referred to before goes in the end.
 */
export async function hlsWriter(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const { segmentVideo, kind, language, source } = header;
  if (segmentVideo === undefined) throw new OutputError('output-failed', 'HLS needs a video to refer to');
  const stem = path.basename(sink.scratch, path.extname(sink.scratch));
  const home = path.dirname(sink.scratch);
  const before = await folderOf(sink.scratch, stem);
  const part = await openTempFolder(sink.scratch);
  const hash = createHash('sha256');
  const write = async (name: string, text: string): Promise<void> => {
    hash.update(text);
    try {
      await writeFile(path.join(part, name), text);
    } catch (error) {
      throw outputError(error, `write ${path.join(part, name)}`);
    }
  };
  let count = 0;
  const writeAll = async (segments: readonly string[]): Promise<void> => {
    for (const segment of segments) {
      await write(segmentName(count), segment);
      count += 1;
    }
  };
  const stages = cueSegments();
  let video: string;
  try {
    video = await segmentVideo(part);
    hash.update(await readFile(path.join(part, 'video.m3u8')));
  } catch (error) {
    await removeTempFolder(part);
    throw error;
  }

  /** Puts the folder where the master playlist will look for it. */
  const place = async (name: string): Promise<void> => {
    const folder = path.join(home, name);
    await syncFiles(part);
    // What stands there was made of the same, but may have been tampered with.
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
    await syncFolder(home);
  };

  return {
    async caption() {},
    async cue(cue) {
      await writeAll(stages.next(cue));
    },
    async finish(summary) {
      let placed: string | undefined;
      try {
        const { segments, duration } = stages.end(toMilliseconds(Math.max(0, summary.end - source.start)));
        await writeAll(segments);
        await write(PLAYLIST, subtitlePlaylist(duration));
        const name = `${stem}-${hash.digest('hex').slice(0, 8)}.hls`;
        await place(name);
        placed = path.join(home, name);
        const folder = encodeURIComponent(name);
        const rendition = { name: trackTitle(kind), language, characteristics: CHARACTERISTICS[kind] };
        await sink.write(addSubtitles(video, folder, { ...rendition, playlist: PLAYLIST }));
        const written = await sink.commit();
        if (before !== undefined && before !== name)
          await rm(path.join(home, before), { recursive: true, force: true });
        return written;
      } catch (error) {
        // The master playlist that stands there knows nothing of it, unless it is the very same set.
        if (placed !== undefined && path.basename(placed) !== before)
          await rm(placed, { recursive: true, force: true });
        throw error instanceof SecondGlanceError ? error : outputError(error, `write ${sink.target}`);
      }
    },
    async abort() {
      await removeTempFolder(part);
      await sink.discard();
    },
  };
}
