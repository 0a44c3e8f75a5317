import type { TextSink } from '../../storage/sink.ts';
import { leftOut } from '../cues/left-out.ts';
import { toSeconds } from '../cues/time.ts';
import type { TrackFormat } from './track-format.ts';
import { modelLabel, type TrackHeader, type TrackWriter } from './track-writer.ts';

async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const zero = header.source.start;
  const model = modelLabel(header.model);

  return {
    async caption(caption) {
      const { video, index, pts, draft, text, confidence, passes, nothingVisible, regions, lines, error } = caption;
      const line = {
        video,
        index,
        time: toSeconds(pts - zero),
        draft,
        text,
        confidence,
        passes,
        model,
        ...(nothingVisible === undefined ? {} : { nothingVisible }),
        ...leftOut(caption, header.options),
        ...(regions === undefined ? {} : { regions }),
        ...(lines === undefined ? {} : { lines }),
        ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      };
      await sink.write(`${JSON.stringify(line)}\n`);
    },
    async cue() {},
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}

/**
 * JSON Lines: one keyframe or picture per line, with the keys `video`, `index`, `time` (seconds from the track's zero, ms
 * precision), `draft`, `text`, `confidence`, `passes`, `model`, `nothingVisible` where there is nothing to
 * describe, `leftOut` (why tracks do not have its text), and `error` where the keyframe has no caption.
 */
export const jsonl = {
  name: 'jsonl',
  extension: 'jsonl',
  description: 'JSON Lines, one keyframe per line, of any number of inputs',
  severalInputs: true,
  open,
} as const satisfies TrackFormat;
