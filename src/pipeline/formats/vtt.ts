import type { TextSink } from '../../storage/sink.ts';
import { vttTime } from '../cues/time.ts';
import { modelLabel, type TrackHeader, type TrackWriter } from './track-writer.ts';

/** Text as it stands in a WebVTT cue. With `>` escaped, `-->` cannot occur either. */
export function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * WebVTT (W3C, 4 April 2019): a note that says who wrote it, then the cues, numbered from 1. The kind of a track
 * (`captions`, `descriptions`) is for HTML's `<track>` to say; the file has no place for it.
 */
export async function vttWriter(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const { name, version } = header.tool;
  // A note must not hold `-->`, and ends at an empty line.
  const note = escapeVtt(`${name} ${version}, model ${modelLabel(header.model)}`).replace(/\s+/gu, ' ');
  await sink.write(`WEBVTT\n\nNOTE Written by ${note}\n`);
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      await sink.write(`\n${cues}\n${vttTime(cue.start)} --> ${vttTime(cue.end)}\n${escapeVtt(cue.text)}\n`);
    },
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}
