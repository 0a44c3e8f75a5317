import type { Micros } from '../../core/types.ts';
import type { TextSink } from '../../storage/sink.ts';
import { toMilliseconds } from '../cues/time.ts';
import type { TrackWriter } from './track-writer.ts';

/** `[MM:SS.mmm]`; the minutes go on counting beyond an hour. */
function mark(time: Micros): string {
  const total = toMilliseconds(time);
  const minutes = String(Math.floor(total / 60_000)).padStart(2, '0');
  const seconds = String(Math.floor(total / 1000) % 60).padStart(2, '0');
  return `[${minutes}:${seconds}.${String(total % 1000).padStart(3, '0')}]`;
}

/**
 * Plain text to read and to search, a line a cue behind its time: `[00:04.000] A dog runs`. A time with nothing behind it
 * says that there is nothing until the next. That is also how LRC (song texts) goes, so ffmpeg (`-f lrc`) and music
 * players read it. A text that starts with a bracket would be read as another time there, and gets a round one.
 */
export async function txtWriter(sink: TextSink): Promise<TrackWriter> {
  let open: Micros | undefined;
  const endOpen = async (next?: Micros): Promise<void> => {
    if (open === undefined || (next !== undefined && toMilliseconds(next) === toMilliseconds(open))) return;
    await sink.write(`${mark(open)}\n`);
  };

  return {
    async caption() {},
    async cue({ start, end, text }) {
      await endOpen(start);
      await sink.write(`${mark(start)} ${text.replaceAll('\n', ' ').replace(/^\[/, '(')}\n`);
      open = end;
    },
    async finish() {
      await endOpen();
      return sink.commit();
    },
    abort: () => sink.discard(),
  };
}
