import path from 'node:path';
import { formatIso } from '../../../archive/clock/iso-time.ts';
import { formatLocal, startOfDay } from '../../../archive/clock/time-zone.ts';
import { VERSION } from '../../../core/version.ts';
import { tidy } from '../../../pipeline/cues/text.ts';
import { vttTime } from '../../../pipeline/cues/time.ts';
import { escapeVtt } from '../../../pipeline/styling/vtt-text.ts';
import { ensureFolder } from '../../../storage/folders/ensure-folder.ts';
import { isCertain, type LiveCue, type LiveEvent } from '../../live-event.ts';
import { recordedAt } from '../../segments/recorded-at.ts';
import type { Destination } from '../destination.ts';
import { AppendedFile, type EntrySyntax } from './appended-file.ts';
import { OpenCueFile } from './open-cue-file.ts';

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
  /** What the entry of a cue begins with: its start. */
  key(cue: LiveCue, day: Day): string;
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
  key: ({ start }, day) => `\n${vttTime((start - day.start) * 1000)} --> `,
  render(cue, day) {
    return `${vtt.key(cue, day)}${vttTime((cue.end - day.start) * 1000)}\n${escapeVtt(tidy(cue.text))}\n`;
  },
};

/** JSON Lines: one cue a line. */
const jsonl: DayFormat = {
  extension: 'jsonl',
  begins: '{"source":',
  entry: /\{"source":[^\n]*\}\n/g,
  head: () => '',
  key: ({ source, start }, { zone }) => JSON.stringify({ source, start: formatIso(start, zone) }).slice(0, -1),
  render({ source, start, end, text, confidence, segment }, { zone }) {
    const times = { start: formatIso(start, zone), end: formatIso(end, zone) };
    return `${JSON.stringify({ source, ...times, text: tidy(text), confidence, ...recordedAt(segment, start) })}\n`;
  },
};

/** The formats of day files. */
const FORMATS = { vtt, jsonl };

/**
 * One file a day with the cues of a source that began on that day: `2026-11-26.vtt`. A cue that is still shown is kept beside them, for the next
 * run where this one is killed.
 */
export class DayFiles implements Destination {
  readonly name: string;
  readonly #folder: string;
  readonly #zone: string;
  readonly #format: DayFormat;
  readonly #file: AppendedFile;
  readonly #open: OpenCueFile;

  constructor(source: string, folder: string, zone: string, format: keyof typeof FORMATS) {
    this.name = `${source}, ${format} of the day`;
    this.#folder = folder;
    this.#zone = zone;
    this.#format = FORMATS[format];
    this.#file = new AppendedFile(this.#format);
    this.#open = new OpenCueFile(path.join(folder, `.open-cue.${format}.json`));
  }

  async take(event: LiveEvent): Promise<void> {
    const left = await this.#open.leftByEarlierRun();
    if (left !== undefined) await this.#append(left);
    if (event.kind === 'open-cue') await this.#open.keep(event);
    else if (event.kind === 'cue') await this.#append(event);
    else if (event.kind === 'event' && !isCertain(event)) await this.#open.remove();
  }

  async #append(cue: LiveCue): Promise<void> {
    if (tidy(cue.text) !== '' && cue.end > cue.start) {
      const zone = this.#zone;
      const start = startOfDay(cue.start, zone);
      const day: Day = { date: formatLocal(start, zone).slice(0, 10), start, zone };
      await ensureFolder(this.#folder);
      const { extension, head, render, key } = this.#format;
      const file = path.join(this.#folder, `${day.date}.${extension}`);
      await this.#file.append(file, head(cue.source, day), render(cue, day), key(cue, day));
    }
    await this.#open.remove();
  }

  async close(): Promise<void> {}
}
