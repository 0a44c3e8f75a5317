import path from 'node:path';
import { counted } from '../../core/text/wording.ts';
import { openingTime } from '../clock/time-window.ts';
import { STILL_WRITTEN } from '../recordings/register.ts';
import type { Unfinished } from '../recordings/seen-files.ts';
import { formatHour } from '../report/axis.ts';
import type { FirstFiles } from './inventory.ts';
import type { WatchSettings } from './watch-settings.ts';

/** Files that are named in one line. */
const MOST_NAMED = 3;
const MOST_CAMERAS = 12;

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
function listed(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function namesOf(files: readonly Unfinished[]): string {
  return listed(
    files.map((file) => path.basename(file.path)),
    MOST_NAMED,
  );
}

/**
 * Says what `watch` waits for, in a line when that changes, and names unfinished files.
 */
export class WaitingNotes {
  readonly #settings: Pick<WatchSettings, 'roots' | 'window' | 'zone' | 'names' | 'quiet'>;
  readonly #note: (line: string) => void;
  #last: string | undefined;
  #named: ReadonlySet<string> = new Set();

  constructor(
    settings: Pick<WatchSettings, 'roots' | 'window' | 'zone' | 'names' | 'quiet'>,
    note: (line: string) => void,
  ) {
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

  /** Says what the first scan found, and where names do not say when recordings began. */
  found({ files, cameras, untimed }: FirstFiles): void {
    const { names, quiet } = this.#settings;
    const who = listed(cameras, MOST_CAMERAS);
    if (!quiet) this.#note(`found ${counted(files, 'file')} of ${cameras.length === 1 ? 'camera' : 'cameras'} ${who}`);
    if (untimed.length === 0 || quiet) return;
    const others = listed(untimed, 1);
    const some = `${untimed.length} of ${files} file names do not say`;
    const unnamed = untimed.length === files ? 'no file name says' : some;
    const matches = untimed.length === files ? 'none' : String(files - untimed.length);
    const what =
      names === undefined
        ? `${unnamed} when the recording began (${others}; --names PATTERN reads other names, also of what is already described)`
        : `--names matches ${matches} of ${counted(files, 'file')}${untimed.length === files ? ', such as' : ', but not'} ${others}`;
    this.#note(`${what}: times come from containers, or are guessed from the last change of a file`);
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
