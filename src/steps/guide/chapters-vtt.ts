import { vttTime } from '../../pipeline/cues/time.ts';
import { escapeVtt } from '../../pipeline/styling/vtt-text.ts';
import type { Guide } from './guide.ts';

/** The steps as a WebVTT file of chapters, for `<track kind="chapters">`. */
export function guideToVtt({ tool, steps }: Guide): string {
  const cues = steps.map(
    ({ start, end, title }, at) => `\n${at + 1}\n${vttTime(start)} --> ${vttTime(end)}\n${escapeVtt(title)}\n`,
  );
  return `WEBVTT\n\nNOTE Written by ${escapeVtt(tool)}\n${cues.join('')}`;
}
