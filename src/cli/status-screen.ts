import { createLogUpdate } from 'log-update';
import { lineOf, type VideoView } from '../captioning/queued/video-view.ts';
import { printableJson, printableNote } from '../core/text/printable.ts';
import type { QueueStatus } from '../services/status.ts';
import { writeLines, writeNote } from './terminal.ts';

/** How `status` is shown. */
export interface StatusFormat {
  readonly json: boolean;
  /** Without it a heading says how the queue as a whole is doing. */
  readonly id: string | undefined;
}

const PAUSED = { all: 'paused; ', videos: 'draining: no new video is started; ', nothing: '' } as const;

function headingOf({ paused, waiting, active }: QueueStatus): string {
  return `${PAUSED[paused]}${waiting} groups waiting, ${active} in progress`;
}

/** Shows the state of the queue again and again: in place on a terminal, elsewhere only the lines that have changed. */
export class StatusScreen {
  readonly #format: StatusFormat;
  readonly #update = process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
  readonly #last = new Map<string, string>();
  /** Problems that were reported. */
  readonly #noted = new Set<string>();

  constructor(format: StatusFormat) {
    this.#format = format;
  }

  /** Writes a state; on a terminal in place of the one before if `live`. */
  show(status: QueueStatus, live: boolean): void {
    const { json, id } = this.#format;
    for (const message of status.unreadable.filter((each) => !this.#noted.has(each))) {
      writeNote(`secondglance: ${message}`);
      this.#noted.add(message);
    }
    const textOf = (view: VideoView): string => (json ? printableJson(view) : lineOf(view));
    const lines = status.videos.map((view): [string, string] => [view.id, textOf(view)]);
    if (!json && id === undefined) lines.unshift(['', headingOf(status)]);
    if (live && this.#update !== undefined) {
      this.#update(lines.map(([, line]) => printableNote(line)).join('\n'));
      return;
    }
    const changed = lines.filter(([key, line]) => this.#last.get(key) !== line);
    for (const [key, line] of changed) this.#last.set(key, line);
    writeLines(changed.map(([, line]) => line));
  }

  /** Leaves the last state on a terminal. */
  close(): void {
    this.#update?.done();
  }
}
