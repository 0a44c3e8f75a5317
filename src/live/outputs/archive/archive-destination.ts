import { SEEN_EVERY_MS, writeConnection, writeLiveSeen } from '../../../archive/cameras/connections.ts';
import { backUp } from '../../../archive/index/backups.ts';
import { readableError } from '../../../archive/index/database.ts';
import { addLiveCue, removeLiveCue } from '../../../archive/index/live-cues.ts';
import { prune, type Retention } from '../../../archive/index/retention.ts';
import { cameraId } from '../../../archive/recordings/recordings.ts';
import type { Clock } from '../../../core/time/clock.ts';
import { tidy } from '../../../pipeline/cues/text.ts';
import {
  isCertain,
  type LiveCaption,
  type LiveCue,
  type LiveEvent,
  type LiveVideoEvent,
  type OpenCue,
  type StateChange,
} from '../../live-event.ts';
import type { Destination } from '../destination.ts';
import type { LiveState } from '../live-state.ts';

const PRUNE_MS = 3_600_000;
/** Pictures of a source that wait for their cue. */
const MOST_PICTURES = 8;

interface SourcePictures {
  readonly session: number;
  /** JPEG, with the time of the caption. */
  readonly pictures: readonly { readonly at: number; readonly picture: Uint8Array }[];
}

/** Makes cues searchable, each with the picture of its first caption, stores how cameras are doing, and removes what is not to be kept. */
export class ArchiveDestination implements Destination {
  readonly name = 'archive';
  readonly usesPictures = true;
  readonly #state: LiveState & { readonly file: string };
  readonly #retention: Retention;
  readonly #clock: Clock;
  readonly #pictures = new Map<string, SourcePictures>();
  /** The session of each source's last cue. */
  readonly #sessions = new Map<string, number>();
  /** The last event of each source; the cue of it follows. */
  readonly #events = new Map<string, LiveVideoEvent>();
  readonly #ending = new AbortController();
  #pruned = Number.NEGATIVE_INFINITY;
  #seen = Number.NEGATIVE_INFINITY;

  constructor(state: LiveState & { readonly file: string }, retention: Retention, clock: Clock) {
    this.#state = state;
    this.#retention = retention;
    this.#clock = clock;
  }

  async take(event: LiveEvent): Promise<void> {
    if (event.kind === 'state') await this.#connection(event);
    else if (event.kind === 'caption') this.#keep(event);
    else if (event.kind === 'event') await this.#happened(event);
    else if ((event.kind === 'cue' || event.kind === 'open-cue') && tidy(event.text) !== '') await this.#add(event);
  }

  async work(): Promise<void> {
    const now = this.#clock.elapsed();
    const { db, file } = this.#state;
    if (now - this.#seen >= SEEN_EVERY_MS) {
      await this.#readable(async () => writeLiveSeen(db, this.#clock.now()));
      this.#seen = now;
    }
    if (now - this.#pruned < PRUNE_MS) return;
    const { days, bytes } = this.#retention;
    await this.#readable(async () => {
      backUp(db, file, this.#clock.now());
      if (days !== undefined || bytes !== undefined) {
        await prune(db, file, this.#retention, { now: this.#clock.now(), signal: this.#ending.signal });
      }
    });
    this.#pruned = now;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#readable(async () => writeLiveSeen(this.#state.db));
  }

  async #connection({ source, state, since, reason }: StateChange): Promise<void> {
    const { db } = this.#state;
    const connection = { state, since, ...(reason === undefined ? {} : { reason }) };
    await this.#readable(async () => {
      db.transaction(() => {
        cameraId(db, source);
        writeConnection(db, source, connection);
        writeLiveSeen(db, this.#clock.now());
      }).immediate();
    });
  }

  #keep({ source, session, at, picture }: LiveCaption): void {
    if (picture === undefined) return;
    const known = this.#pictures.get(source);
    const earlier = known?.session === session ? known.pictures : [];
    this.#pictures.set(source, { session, pictures: [...earlier, { at, picture }].slice(-MOST_PICTURES) });
  }

  /** Its cue follows, unless the wording is too unsure; what it was called until now is then wrong. */
  async #happened(event: LiveVideoEvent): Promise<void> {
    const { source: camera, start } = event;
    this.#events.set(camera, event);
    if (isCertain(event)) return;
    await this.#readable(async () => removeLiveCue(this.#state.db, { camera, start }));
  }

  async #add({ kind, source, session, start, end, text, confidence, segment }: LiveCue | OpenCue): Promise<void> {
    const { db, file } = this.#state;
    const known = this.#pictures.get(source);
    const last = this.#events.get(source);
    const event = last?.start === start ? last : undefined;
    const shown = known?.pictures.find(({ at }) => at >= start && (at < end || (kind === 'open-cue' && at === end)));
    const picture = event?.picture ?? shown?.picture;
    const support = event === undefined ? undefined : { support: event.support, frames: event.frames };
    // The first picture of a connection is compared with nothing, so it shows no movement.
    const moving = this.#sessions.get(source) === session;
    const cue = { camera: source, start, end, text: tidy(text), confidence, moving, picture, support, segment };
    await this.#readable(() => addLiveCue(db, file, cue));
    this.#sessions.set(source, session);
    if (known === undefined) return;
    this.#pictures.set(source, { ...known, pictures: known.pictures.filter(({ at }) => at >= end) });
  }

  async #readable(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw readableError(this.#state.file, error);
    }
  }
}
