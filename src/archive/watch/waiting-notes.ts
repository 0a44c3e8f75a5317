import path from 'node:path';
import { openingTime } from '../clock/time-window.ts';
import { STILL_WRITTEN } from '../recordings/register.ts';
import type { Unfinished } from '../recordings/seen-files.ts';
import { formatHour } from '../report/timeline.ts';
import type { WatchSettings } from './watch-settings.ts';

/** Files that are named in one line. */
const MOST_NAMED = 3;

/** What `watch` does not work on at the moment. */
export interface Waiting {
  /** False outside of the time window. */
  readonly open: boolean;
  /** Files that are not complete. */
  readonly unfinished: readonly Unfinished[];
  /** Recordings that wait for another attempt. */
  readonly postponed: number;
}

/** `a.mp4, b.mp4, c.mp4 and 4 more` */
function namesOf(files: readonly Unfinished[]): string {
  const names = files.slice(0, MOST_NAMED).map((file) => path.basename(file.path));
  const more = files.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Says what `watch` waits for, in a line when that changes, and names unfinished files.
 */
export class WaitingNotes {
  readonly #settings: Pick<WatchSettings, 'roots' | 'window' | 'zone' | 'quiet'>;
  readonly #note: (line: string) => void;
  #last: string | undefined;
  #named: ReadonlySet<string> = new Set();

  constructor(settings: Pick<WatchSettings, 'roots' | 'window' | 'zone' | 'quiet'>, note: (line: string) => void) {
    this.#settings = settings;
    this.#note = note;
  }

  /** Names unfinished files that were not named before; those that are still being written only where `all` is set. */
  unfinished(files: readonly Unfinished[], { all = false }: { readonly all?: boolean } = {}): void {
    const lines = files
      .filter(({ reason }) => all || reason !== STILL_WRITTEN)
      .map((file) => `${file.path} is not finished: ${file.reason}`);
    if (!this.#settings.quiet) for (const line of lines) if (!this.#named.has(line)) this.#note(line);
    this.#named = new Set(lines);
  }

  /** Says what is waited for. */
  idle(waiting: Waiting, now: number = Date.now()): void {
    const [kind, line] = this.#sentence(waiting, now);
    if (kind !== this.#last && !this.#settings.quiet) this.#note(line);
    this.#last = kind;
  }

  #sentence({ open, unfinished, postponed }: Waiting, now: number): readonly [kind: string, line: string] {
    const { roots, window, zone } = this.#settings;
    if (!open && window !== undefined) {
      return [
        'window',
        `waiting for the time window, which opens at ${formatHour(openingTime(window, now, zone), zone)}`,
      ];
    }
    if (postponed > 0)
      return ['retry', `waiting to try ${postponed === 1 ? 'a recording' : `${postponed} recordings`} again`];
    const growing = unfinished.filter(({ reason }) => reason === STILL_WRITTEN);
    if (growing.length > 0) return ['growing', `waiting until these are no longer written to: ${namesOf(growing)}`];
    return ['recordings', `waiting for recordings in ${roots.join(', ')}`];
  }
}
