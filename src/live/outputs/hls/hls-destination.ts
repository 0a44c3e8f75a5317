import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../../../core/errors.ts';
import type { Clock } from '../../../core/time/clock.ts';
import { OutputExistsError, outputError } from '../../../storage/errors.ts';
import { ensureFolder } from '../../../storage/folders/ensure-folder.ts';
import { replaceFile } from '../../../storage/replace-file.ts';
import type { LiveEvent } from '../../live-event.ts';
import type { Destination } from '../destination.ts';
import { type PlaylistEntry, parsePlaylist, renderPlaylist, segmentFile, sequenceOf } from './live-playlist.ts';
import { LiveTimeline, type TimelineSegment } from './live-timeline.ts';

/** How a playlist is made, in milliseconds. */
export interface HlsSettings {
  /** How much of it is kept. */
  readonly window: number;
  /** Length of a segment; default: 6 s. */
  readonly segment?: number;
  /** How long after its end a segment is published; default: 5 s, within which captions arrive. */
  readonly hold?: number;
}

/** File name of a source's playlist. */
export const LIVE_PLAYLIST = 'captions.m3u8';

const SEGMENT_MS = 6000;
const HOLD_MS = 5000;
/** A live playlist has at least three segments (RFC 8216, 6.2.2). */
const FEWEST_SEGMENTS = 3;

/**
 * A source's captions as live HLS: a playlist of WebVTT segments in `folder`, as RFC 8216 has them. A segment is written before the playlist
 * that lists it, and removed once no player can ask for it. A later run continues the playlist.
 */
export class HlsDestination implements Destination {
  readonly name: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #segment: number;
  readonly #most: number;
  readonly #timeline: LiveTimeline;
  #opened = false;
  /** Segments that are not written yet. */
  #due: TimelineSegment[] = [];
  #entries: PlaylistEntry[] = [];
  #sequence = 0;
  #discontinuities = 0;
  #ended = false;
  /** The playlist on disk is not the latest. */
  #changed = false;
  /** The next segment does not follow the one before. */
  #gap = false;
  /** Segments that left the playlist, and when they may be removed. */
  #expired: { readonly name: string; readonly at: number }[] = [];

  constructor(source: string, folder: string, settings: HlsSettings, clock: Clock) {
    const { window, segment = SEGMENT_MS, hold = HOLD_MS } = settings;
    this.name = `${source}, playlist`;
    this.#folder = folder;
    this.#clock = clock;
    this.#segment = segment;
    this.#most = Math.max(FEWEST_SEGMENTS, Math.ceil(window / segment));
    this.#timeline = new LiveTimeline({ segment, hold, window: this.#most * segment });
  }

  async take(event: LiveEvent): Promise<void> {
    const now = this.#clock.now();
    if (event.kind === 'caption' && this.#ended) {
      this.#ended = false;
      this.#gap = true;
    }
    this.#timeline.add(event, now);
    // A source that ended has nothing more to show; where it is read again, the playlist goes on.
    if (event.kind === 'state' && event.state === 'ended' && !this.#ended) {
      this.#collect(this.#timeline.end(now));
      this.#ended = true;
      this.#changed = true;
    }
  }

  async work(): Promise<void> {
    this.#collect(this.#timeline.due(this.#clock.now()));
    await this.#publish();
    await this.#removeExpired();
  }

  /** A run that was stopped may go on: no end of the playlist is written, which players would take as final. */
  async close(): Promise<void> {
    this.#collect(this.#timeline.end(this.#clock.now()));
    await this.#publish();
  }

  #collect(segments: readonly TimelineSegment[]): void {
    this.#due.push(...segments);
    // More than a playlist holds, after a long failure of the disk: the oldest would be removed at once.
    const excess = this.#due.length - this.#most;
    if (excess <= 0) return;
    this.#due.splice(0, excess);
    this.#gap = true;
  }

  async #publish(): Promise<void> {
    if (this.#due.length === 0 && !(this.#changed && this.#opened)) return;
    await this.#open();
    for (let next = this.#due[0]; next !== undefined; next = this.#due[0]) {
      await this.#writeSegment(next);
      this.#due.shift();
    }
    const { sequence, discontinuities, entries, ended } = this.#state();
    const text = renderPlaylist({ sequence, discontinuities, entries, ended }, this.#segment);
    await replaceFile(path.join(this.#folder, LIVE_PLAYLIST), Buffer.from(text));
    this.#changed = false;
  }

  #state() {
    return {
      sequence: this.#sequence,
      discontinuities: this.#discontinuities,
      entries: this.#entries,
      ended: this.#ended,
    };
  }

  async #writeSegment({ start, end, discontinuity, text }: TimelineSegment): Promise<void> {
    const name = segmentFile(this.#sequence + this.#entries.length, start);
    const file = path.join(this.#folder, name);
    try {
      await writeFile(file, text);
    } catch (error) {
      throw outputError(error, `write ${file}`);
    }
    this.#entries.push({ name, start, duration: end - start, discontinuity: discontinuity || this.#gap });
    this.#gap = false;
    this.#changed = true;
    while (this.#entries.length > this.#most) this.#expireFirst();
  }

  #expireFirst(): void {
    const first = this.#entries.shift();
    if (first === undefined) return;
    this.#sequence += 1;
    if (first.discontinuity) this.#discontinuities += 1;
    this.#expire(first.name);
  }

  /** A player may still ask for it for as long as it is plus the longest playlist that listed it (RFC 8216, 6.2.2). */
  #expire(name: string): void {
    this.#expired.push({ name, at: this.#clock.now() + (this.#most + 1) * this.#segment });
  }

  async #removeExpired(): Promise<void> {
    const now = this.#clock.now();
    const longest = (this.#most + 1) * this.#segment;
    // A clock that was set back must not keep them for ever.
    const due = this.#expired.filter(({ at }) => at <= now || at > now + longest);
    for (const { name } of due) await rm(path.join(this.#folder, name), { force: true });
    this.#expired = this.#expired.filter((one) => !due.includes(one));
  }

  /** Reads what an earlier run left. */
  async #open(): Promise<void> {
    if (this.#opened) return;
    await ensureFolder(this.#folder);
    const file = path.join(this.#folder, LIVE_PLAYLIST);
    let text: string;
    let names: readonly string[];
    try {
      text = await readFile(file, 'utf8').catch((error: unknown) => {
        if (isMissing(error)) return '';
        throw error;
      });
      names = (await readdir(this.#folder)).filter((name) => sequenceOf(name) !== undefined);
    } catch (error) {
      throw outputError(error, `read ${file}`);
    }
    const playlist = parsePlaylist(text);
    if (playlist === undefined && text.trim() !== '') {
      const advice = 'move it away, or name another folder with -o';
      throw new OutputExistsError(file, 'track', 'foreign', { advice, retryable: true });
    }
    const highest = Math.max(-1, ...names.map((name) => sequenceOf(name) ?? -1));
    this.#sequence = playlist?.sequence ?? highest + 1;
    this.#discontinuities = playlist?.discontinuities ?? 0;
    this.#entries = [...(playlist?.entries ?? [])];
    this.#gap = this.#entries.length > 0;
    const listed = new Set(this.#entries.map(({ name }) => name));
    for (const name of names) {
      if (listed.has(name)) continue;
      // A segment that no playlist has listed was written just before the run was killed.
      if ((sequenceOf(name) ?? 0) >= this.#sequence) await rm(path.join(this.#folder, name), { force: true });
      else this.#expire(name);
    }
    this.#opened = true;
  }
}
