import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SecondGlanceError } from '../../core/errors.ts';
import type { TrackKind } from '../../core/kind.ts';
import { trackTitle } from '../../core/kind.ts';
import { OutputError, outputError } from '../../storage/errors.ts';
import { publishFolder } from '../../storage/folders/publish-folder.ts';
import type { TextSink } from '../../storage/sink.ts';
import { openTempFolder, removeTempFolder, type TempFile } from '../../storage/temp-file.ts';
import { toMilliseconds } from '../cues/time.ts';
import { folderName, noteFolders, referencedFolder, removeFolderNote, removeOrphanFolders } from './hls-folder.ts';
import { addSubtitles, segmentCues, segmentName, subtitlePlaylist } from './hls-segments.ts';
import type { TrackFormat } from './track-format.ts';
import type { TrackHeader, TrackWriter } from './track-writer.ts';

/** `CHARACTERISTICS` that Apple's players look for. Plain subtitles have none. */
const CHARACTERISTICS: Readonly<Record<TrackKind, readonly string[]>> = {
  descriptions: ['public.accessibility.describes-video'],
  subtitles: [],
  captions: ['public.accessibility.transcribes-spoken-dialog', 'public.accessibility.describes-music-and-sound'],
};

const PLAYLIST = 'subtitles.m3u8';

async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const { segmentVideo, kind, language, source } = header;
  if (segmentVideo === undefined) throw new OutputError('output-failed', 'HLS needs a video to refer to');
  const parent = path.dirname(sink.scratch);
  const temp = await openTempFolder(sink.scratch);
  const previous = await referencedFolder(sink.scratch);
  const hash = createHash('sha256');
  const write = async (name: string, text: string): Promise<void> => {
    hash.update(text);
    try {
      await writeFile(path.join(temp, name), text);
    } catch (error) {
      throw outputError(error, `write ${path.join(temp, name)}`);
    }
  };
  let count = 0;
  const writeSegments = async (segments: readonly string[]): Promise<void> => {
    for (const segment of segments) {
      await write(segmentName(count), segment);
      count += 1;
    }
  };
  const segmenter = segmentCues(header.styling);
  let video: Awaited<ReturnType<typeof segmentVideo>>;
  try {
    await removeOrphanFolders(sink.scratch);
    video = await segmentVideo(temp);
    hash.update(await readFile(path.join(temp, 'video.m3u8')));
  } catch (error) {
    await removeTempFolder(temp);
    throw error;
  }

  return {
    async caption() {},
    async cue(cue) {
      await writeSegments(segmenter.next(cue));
    },
    async finish(summary) {
      let published: string | undefined;
      let note: TempFile | undefined;
      try {
        const { segments, duration } = segmenter.end(toMilliseconds(Math.max(0, summary.end - source.start)));
        await writeSegments(segments);
        await write(PLAYLIST, subtitlePlaylist(duration));
        const name = folderName(sink.scratch, hash.digest('hex'));
        note = await noteFolders(sink.scratch, previous === undefined ? [name] : [name, previous]);
        await publishFolder(temp, path.join(parent, name));
        published = name;
        const folder = encodeURIComponent(name);
        const rendition = { name: trackTitle(kind), language, characteristics: CHARACTERISTICS[kind] };
        await sink.write(addSubtitles(video.master, folder, { ...rendition, playlist: PLAYLIST }));
        const written = await sink.commit(async () => {
          if (previous !== undefined && previous !== name) {
            await rm(path.join(parent, previous), { recursive: true, force: true });
          }
          if (note !== undefined) await removeFolderNote(note);
          note = undefined;
        });
        return video.notes.length === 0 ? written : { ...written, notes: video.notes };
      } catch (error) {
        if (published !== undefined && (await referencedFolder(sink.scratch)) !== published) {
          await rm(path.join(parent, published), { recursive: true, force: true });
        }
        throw error instanceof SecondGlanceError ? error : outputError(error, `write ${sink.target}`);
      } finally {
        if (note !== undefined) await removeFolderNote(note);
      }
    },
    async abort() {
      await removeTempFolder(temp);
      await sink.discard();
    },
  };
}

/**
 * HLS (RFC 8216). The sink takes the master playlist; the video, the WebVTT segments and their playlists go into a folder
 * beside it whose name contains a hash of its contents (`holiday-1a2b3c4d.hls`). The folder is published first, the
 * master playlist is renamed into place after it, and the folder that it referred to before is removed last: at every
 * step the master playlist refers to a complete set of files.
 */
export const hls = {
  name: 'hls',
  extension: 'm3u8',
  description: 'HLS players: a copy of the video and the track',
  includesVideo: true,
  open,
} as const satisfies TrackFormat;
