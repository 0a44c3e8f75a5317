import type { TextSink } from './sink.ts';
import { toSeconds } from './time.ts';
import { modelLabel, type TrackHeader, type TrackWriter } from './track.ts';

/**
 * JSON lines: one keyframe or picture a line, with the keys `video`, `index`, `time` (seconds from the track's zero, ms
 * precision), `draft`, `text`, `confidence`, `looks`, `model`, and `error` where the keyframe has no caption.
 */
export async function jsonlWriter(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const zero = header.source.start;
  const model = modelLabel(header.model);

  return {
    async caption({ video, index, pts, draft, text, confidence, looks, error }) {
      const line = {
        video,
        index,
        time: toSeconds(pts - zero),
        draft,
        text,
        confidence,
        looks,
        model,
        ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      };
      await sink.write(`${JSON.stringify(line)}\n`);
    },
    async cue() {},
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}
