import type { Reporter } from '../../captioning/reporter.ts';
import { printableLine } from '../../core/text/printable.ts';
import type { VideoEvent } from '../../core/types.ts';
import type { TrackWriter } from '../../pipeline/formats/track-writer.ts';
import { localTimeAt } from '../clock/time-zone.ts';
import { supportText } from '../index/event-support.ts';
import type { Recording } from '../recordings/recordings.ts';

function clock(epoch: number, zone: string): string {
  const { hour, minute, second } = localTimeAt(epoch, zone);
  return [hour, minute, second].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `22:05:09 to 22:05:31, front: a man walks to the door (5 of 6 keyframes)` */
export function eventLine(
  { start, end, text, support, frames }: Pick<VideoEvent, 'start' | 'end' | 'text' | 'support' | 'frames'>,
  recording: Pick<Recording, 'camera' | 'start'>,
  zone: string,
): string {
  const [from, to] = [start, end].map((time) => clock(recording.start + time / 1000, zone));
  return `${from} to ${to}, ${printableLine(recording.camera)}: ${printableLine(text)} ${supportText({ support, frames })}`;
}

/** Reports each event of a recording in one line, once its track is complete: a recording that is resumed reports none twice. */
export function eventLines(
  recording: Pick<Recording, 'camera' | 'start'>,
  zone: string,
  { note }: Pick<Reporter, 'note'>,
): TrackWriter & Required<Pick<TrackWriter, 'event'>> {
  const lines: string[] = [];
  return {
    async caption() {},
    async cue() {},
    async event(event) {
      if (event.text !== '') lines.push(eventLine(event, recording, zone));
    },
    async finish() {
      for (const line of lines) note(line);
      return undefined;
    },
    async abort() {},
  };
}
