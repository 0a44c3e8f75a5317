import { closingTime } from '../clock/time-window.ts';
import { startOfDay } from '../clock/time-zone.ts';
import type { Database } from '../index/database.ts';
import { beginSession, noteRemaining, sessionOf, type WatchSession } from '../recordings/work-sessions.ts';
import type { WatchSettings } from './watch-settings.ts';

/** The time window, and the record of the session that it frames. */
export class WorkWindow {
  readonly #settings: Pick<WatchSettings, 'window' | 'zone' | 'once'>;
  readonly #db: Database;
  #current: { readonly id: number; readonly key: number } | undefined;
  /** Recordings that ended in the current session, whatever they came to. */
  ended = 0;

  constructor(settings: Pick<WatchSettings, 'window' | 'zone' | 'once'>, db: Database) {
    this.#settings = settings;
    this.#db = db;
  }

  /** When the window closes: undefined outside of it, infinite where there is none. Computed at each call: clocks are set. */
  closes(): number | undefined {
    const { window, zone } = this.#settings;
    return window === undefined ? Number.POSITIVE_INFINITY : closingTime(window, Date.now(), zone);
  }

  /** True inside the window, and always where there is none. */
  isOpen(): boolean {
    return this.closes() !== undefined;
  }

  /** How long the window stays open, in milliseconds; undefined where there is none. */
  left(): number | undefined {
    const closes = this.closes() ?? 0;
    return closes === Number.POSITIVE_INFINITY ? undefined : closes - Date.now();
  }

  /** Id of the current session, which begins here if none has. A run without a window has one session a day. */
  session(): number {
    const { once, zone } = this.#settings;
    const closes = this.closes();
    const windowed = closes !== Number.POSITIVE_INFINITY;
    // What ends just after the window has closed still belongs to its session.
    const key = windowed ? (closes ?? this.#current?.key ?? 0) : once ? 0 : startOfDay(Date.now(), zone);
    if (this.#current?.key !== key) {
      this.#current = { id: beginSession(this.#db, windowed ? closes : undefined), key };
      this.ended = 0;
    }
    return this.#current.id;
  }

  /** What the current session has come to; undefined where none has begun. */
  summary(): WatchSession | undefined {
    return this.#current === undefined ? undefined : sessionOf(this.#db, this.#current.id);
  }

  /** Records what the current session has left so far, where one has begun. `video` is in milliseconds. */
  note({ recordings, video }: { readonly recordings: number; readonly video: number }): void {
    if (this.#current !== undefined) noteRemaining(this.#db, this.#current.id, recordings, video);
  }
}
