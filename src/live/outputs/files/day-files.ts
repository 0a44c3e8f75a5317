import path from 'node:path';
import { formatIso } from '../../../archive/clock/iso-time.ts';
import { formatLocal, startOfDay } from '../../../archive/clock/time-zone.ts';
import { VERSION } from '../../../core/version.ts';
import { tidy } from '../../../pipeline/cues/text.ts';
import { vttTime } from '../../../pipeline/cues/time.ts';
import { escapeVtt } from '../../../pipeline/styling/vtt-text.ts';
import { ensureFolder } from '../../../storage/folders/ensure-folder.ts';
import type { LiveCue, LiveEvent } from '../../live-event.ts';
import type { Destination } from '../destination.ts';
import { AppendedFile, type EntrySyntax } from './appended-file.ts';

/** A day, as a file of it is about. */
interface Day {
  /** `2026-11-26`, in the zone. */
  readonly date: string;
  /** Its midnight, in milliseconds since 1970. */
  readonly start: number;
  readonly zone: string;
}

/** A format of day files. */
interface DayFormat extends EntrySyntax {
  readonly extension: 'vtt' | 'jsonl';
  head(source: string, day: Day): string;
  render(cue: LiveCue, day: Day): string;
}

const TIME = '\\d{2,}:\\d\\d:\\d\\d\\.\\d{3}';

/** WebVTT: times count from midnight. A cue that begins before the next midnight stays in this file. */
const vtt: DayFormat = {
  extension: 'vtt',
  begins: 'WEBVTT\n',
  entry: new RegExp(`\\n${TIME} --> ${TIME}\\n[^\\n]+\\n`, 'g'),
  head(source, { start, zone }) {
    const zero = `00:00:00.000 is ${formatIso(start, zone)} (${zone})`;
    const note = escapeVtt(tidy(`${source}: ${zero}. Written by secondglance ${VERSION}`));
    return `WEBVTT\n\nNOTE ${note}\n`;
  },
  render({ start, end, text }, day) {
    const at = (time: number): string => vttTime((time - day.start) * 1000);
    return `\n${at(start)} --> ${at(end)}\n${escapeVtt(tidy(text))}\n`;
  },
};

/** JSON Lines: one cue a line. */
const jsonl: DayFormat = {
  extension: 'jsonl',
  begins: '{"source":',
  entry: /\{"source":[^\n]*\}\n/g,
  head: () => '',
  render({ source, start, end, text, confidence }, { zone }) {
    const times = { start: formatIso(start, zone), end: formatIso(end, zone) };
    return `${JSON.stringify({ source, ...times, text: tidy(text), confidence })}\n`;
  },
};

/** The formats of day files. */
const FORMATS = { vtt, jsonl };

/** One file a day with the cues of a source that began on that day: `2026-11-26.vtt`. */
export class DayFiles implements Destination {
  readonly name: string;
  readonly #folder: string;
  readonly #zone: string;
  readonly #format: DayFormat;
  readonly #file: AppendedFile;

  constructor(source: string, folder: string, zone: string, format: keyof typeof FORMATS) {
    this.name = `${source}, ${format} of the day`;
    this.#folder = folder;
    this.#zone = zone;
    this.#format = FORMATS[format];
    this.#file = new AppendedFile(this.#format);
  }

  async take(event: LiveEvent): Promise<void> {
    if (event.kind !== 'cue' || tidy(event.text) === '' || event.end <= event.start) return;
    const zone = this.#zone;
    const start = startOfDay(event.start, zone);
    const day: Day = { date: formatLocal(start, zone).slice(0, 10), start, zone };
    await ensureFolder(this.#folder);
    const file = path.join(this.#folder, `${day.date}.${this.#format.extension}`);
    await this.#file.append(file, this.#format.head(event.source, day), this.#format.render(event, day));
  }

  async close(): Promise<void> {}
}
