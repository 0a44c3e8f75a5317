import type { TextSink } from '../../storage/sink.ts';
import { srtTime } from '../cues/time.ts';
import type { TrackWriter } from './track-writer.ts';

const LOOKALIKES: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '{': '(', '}': ')' };

/**
 * Text as it stands in an SRT cue. SRT has no escapes, yet players obey `<i>` and `{\an8}` in it, so the marks that
 * could start a tag give way to ones that look alike and mean nothing.
 */
export function neutraliseSrt(text: string): string {
  return text.replace(/[<>{}]/g, (mark) => LOOKALIKES[mark] ?? mark);
}

/**
 * SubRip: cues numbered from 1, UTF-8 without a byte order mark, lines ended by a line feed alone: every player takes
 * that, and it is what text tools and our other formats use.
 */
export async function srtWriter(sink: TextSink): Promise<TrackWriter> {
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      const gap = cues === 1 ? '' : '\n';
      await sink.write(`${gap}${cues}\n${srtTime(cue.start)} --> ${srtTime(cue.end)}\n${neutraliseSrt(cue.text)}\n`);
    },
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}
