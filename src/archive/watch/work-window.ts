import { closingTime } from '../clock/time-window.ts';
import { startOfDay } from '../clock/time-zone.ts';
import type { Database } from '../index/database.ts';
import type { Recording } from '../recordings/recordings.ts';
import { beginSession, noteRemaining, sessionOf, type WatchSession } from '../recordings/sessions.ts';
import type { WatchSettings } from './watch-settings.ts';

/** The window, and the record of the night that it frames. */
export class WorkWindow {
  readonly #settings: WatchSettings;
  readonly #db: Database;
  #current: { readonly id: number; readonly key: number } | undefined;

  constructor(settings: WatchSettings, db: Database) {
    this.#settings = settings;
    this.#db = db;
  }

  /** When the window closes: undefined outside of it, infinite where there is none. Asked anew, since clocks are set. */
  closes(): number | undefined {
    const { window, zone } = this.#settings;
    return window === undefined ? Number.POSITIVE_INFINITY : closingTime(window, Date.now(), zone);
  }

  /** How long the window stays open, in milliseconds; undefined where there is none. */
  left(): number | undefined {
    const closes = this.closes() ?? 0;
    return closes === Number.POSITIVE_INFINITY ? undefined : closes - Date.now();
  }

  /** The present night's number. It begins here where it has not; a run without a window has one a day. */
  id(): number {
    const { once, zone } = this.#settings;
    const closes = this.closes();
    const windowed = closes !== Number.POSITIVE_INFINITY;
    // What comes to its end just after the window has closed belongs to it.
    const key = windowed ? (closes ?? this.#current?.key ?? 0) : once ? 0 : startOfDay(Date.now(), zone);
    if (this.#current?.key !== key) {
      this.#current = { id: beginSession(this.#db, windowed ? closes : undefined), key };
    }
    return this.#current.id;
  }

  /** What the present night has come to; undefined where none has begun. */
  summary(): WatchSession | undefined {
    return this.#current === undefined ? undefined : sessionOf(this.#db, this.#current.id);
  }

  /** Notes what the present night has left so far, where one has begun. */
  note(waiting: readonly Recording[]): void {
    if (this.#current === undefined) return;
    const video = waiting.reduce((sum, { duration }) => sum + duration, 0);
    noteRemaining(this.#db, this.#current.id, waiting.length, video);
  }
}
