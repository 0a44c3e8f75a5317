import type { Video } from '../api/schemas/videos.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { StoredCaption, StoredCue } from '../store/documents.ts';

/** At most so often for each video. */
const CHANGE_MS = 500;

/** Tells the clients what happens with videos. */
export class VideoNews {
  readonly #hub: EventHub;
  readonly #view: (id: string) => Video | undefined;
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #reportedAt = new Map<string, number>();

  /** @param view the video as the API shows it; undefined where it is gone */
  constructor(hub: EventHub, view: (id: string) => Video | undefined) {
    this.#hub = hub;
    this.#view = view;
  }

  /** A video has changed: reported now, or with others that follow soon. */
  changed(id: string, now = false): void {
    const since = performance.now() - (this.#reportedAt.get(id) ?? Number.NEGATIVE_INFINITY);
    if (now || since >= CHANGE_MS) {
      this.#report(id);
      return;
    }
    if (this.#waiting.has(id)) return;
    const timer = setTimeout(() => this.#report(id), CHANGE_MS - since);
    timer.unref();
    this.#waiting.set(id, timer);
  }

  #report(id: string): void {
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
    const video = this.#view(id);
    if (video === undefined) return;
    if (video.state === 'running') this.#reportedAt.set(id, performance.now());
    else this.#reportedAt.delete(id);
    this.#hub.publish('video', { video }, id);
  }

  removed(id: string): void {
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
    this.#reportedAt.delete(id);
    this.#hub.publish('video-removed', { id }, id);
  }

  caption(id: string, caption: StoredCaption): void {
    this.#hub.publish('caption', { id, caption }, id);
  }

  cue(id: string, position: number, cue: StoredCue): void {
    this.#hub.publish('cue', { id, position, cue }, id);
  }

  edits(id: string, revision: string, edited: boolean): void {
    this.#hub.publish('edits', { id, revision, edited }, id);
  }

  /** Ends what waits to be reported. */
  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
