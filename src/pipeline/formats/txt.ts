import type { Micros } from '../../core/types.ts';
import type { TextSink } from '../../storage/sink.ts';
import { toMilliseconds } from '../cues/time.ts';
import type { TrackFormat } from './track-format.ts';
import type { TrackWriter } from './track-writer.ts';

/** `[MM:SS.mmm]`; minutes keep counting past 59. */
function timestamp(time: Micros): string {
  const total = toMilliseconds(time);
  const minutes = String(Math.floor(total / 60_000)).padStart(2, '0');
  const seconds = String(Math.floor(total / 1000) % 60).padStart(2, '0');
  return `[${minutes}:${seconds}.${String(total % 1000).padStart(3, '0')}]`;
}

async function open(sink: TextSink): Promise<TrackWriter> {
  let pendingEnd: Micros | undefined;
  const writeEnd = async (next?: Micros): Promise<void> => {
    if (pendingEnd === undefined || (next !== undefined && toMilliseconds(next) === toMilliseconds(pendingEnd))) return;
    await sink.write(`${timestamp(pendingEnd)}\n`);
  };

  return {
    async caption() {},
    async cue({ start, end, text }) {
      await writeEnd(start);
      await sink.write(`${timestamp(start)} ${text.replaceAll('\n', ' ').replace(/^\[/, '(')}\n`);
      pendingEnd = end;
    },
    async finish() {
      await writeEnd();
      return sink.commit();
    },
    abort: () => sink.discard(),
  };
}

/**
 * Plain text, one cue per line after its start time: `[00:04.000] A dog runs`. A time alone on a line marks the end of a
 * cue that no other cue follows directly. This is LRC (song lyrics), so ffmpeg (`-f lrc`) and music players read it. LRC
 * would read a text that starts with `[` as another time, so that becomes `(`.
 */
export const txt = {
  name: 'txt',
  extension: 'txt',
  description: 'plain text with times, also LRC: reading and grep',
  open,
} as const satisfies TrackFormat;
