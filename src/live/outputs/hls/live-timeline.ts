import { equalIgnoringCase, tidy } from '../../../pipeline/cues/text.ts';
import type { LiveCaption, LiveCue, LiveEvent, StateChange } from '../../live-event.ts';
import { shownText } from '../shown-text.ts';
import { type ShownCue, segmentText, type TimestampMap } from './segment-text.ts';

/** How a timeline is cut, in milliseconds. */
export interface TimelineSettings {
  /** Length of a segment. */
  readonly segment: number;
  /** How long after its end a segment is made: captions arrive later than their pictures. */
  readonly hold: number;
  /** After a gap of more than this (a suspended machine, a clock that was set) the timeline begins anew. */
  readonly window: number;
}

/** A segment that is complete. Milliseconds since 1970. */
export interface TimelineSegment {
  readonly start: number;
  readonly end: number;
  /** Times or the source's clock begin anew. */
  readonly discontinuity: boolean;
  readonly text: string;
}

interface TimelineCue {
  readonly session: number;
  readonly start: number;
  readonly text: string;
  /** Undefined while it is shown. */
  end: number | undefined;
  /** Segments already show it up to here. */
  from: number;
}

interface Session {
  readonly number: number;
  map: TimestampMap;
}

/** Differences between the source's clock and this machine's that change by less are delays of the network. */
const SAME_CLOCK_MS = 2000;
/** More captions than any captioner writes within a window. */
const MOST_CUES = 5000;

/**
 * Cuts the captions of a live source into WebVTT segments by the time of day. A cue whose end is known is part of every segment during which it
 * is shown, with the same times (RFC 8216, 3.5). The caption that is still shown is clipped at the end of a segment, and goes on
 * in the next one from there.
 */
export class LiveTimeline {
  readonly #settings: TimelineSettings;
  #cues: TimelineCue[] = [];
  #session: Session | undefined;
  /** Sessions that have begun after `#next`. */
  readonly #sessions: { readonly at: number; readonly session: Session }[] = [];
  /** Start of the next segment. */
  #next = 0;
  #discontinuity = false;
  /** By how much the source's clock is ahead of this machine's. */
  #ahead = 0;

  constructor(settings: TimelineSettings) {
    this.#settings = settings;
  }

  /** @param now milliseconds since 1970 */
  add(event: LiveEvent, now: number): void {
    if (event.kind === 'caption') this.#addCaption(event, now);
    else if (event.kind === 'cue') this.#addCue(event);
    else if (event.kind === 'state') this.#addState(event);
  }

  /** The segments that are due. Each is returned once. */
  due(now: number): TimelineSegment[] {
    if (this.#session === undefined) return [];
    const time = now + this.#ahead;
    if (time - this.#next > this.#settings.window || time < this.#next - 2 * this.#settings.segment) this.#jump(time);
    return this.#cut(time - this.#settings.hold);
  }

  /** Everything up to now, at the end. Nothing is shown after it. */
  end(now: number): TimelineSegment[] {
    if (this.#session === undefined) return [];
    const time = now + this.#ahead;
    const segments = this.due(now);
    for (const cue of this.#cues) cue.end ??= Math.max(time, cue.from);
    segments.push(...this.#cut(time));
    if (time > this.#next) segments.push(this.#segment(time));
    this.#cues = [];
    this.#session = undefined;
    this.#sessions.length = 0;
    return segments;
  }

  #addCaption(caption: LiveCaption, now: number): void {
    const { session: number, pts, at, latency } = caption;
    const ahead = at + latency - now;
    if (this.#session === undefined || Math.abs(ahead - this.#ahead) > SAME_CLOCK_MS) this.#ahead = ahead;
    const latest = this.#sessions.at(-1)?.session ?? this.#session;
    const map = { pts, at, zero: latest?.map.zero ?? at };
    if (latest === undefined) {
      const { segment } = this.#settings;
      this.#next = Math.floor(at / segment) * segment;
      this.#session = { number, map: { pts, at, zero: this.#next } };
    } else if (latest.number === number) {
      latest.map = map;
    } else {
      const begin = Math.max(at, this.#next, this.#sessions.at(-1)?.at ?? 0);
      this.#sessions.push({ at: begin, session: { number, map: { pts, at, zero: begin } } });
      this.#endOpen(begin);
    }
    const said = shownText(caption);
    const open = this.#cues.at(-1);
    if (open !== undefined && open.end === undefined && equalIgnoringCase(open.text, said)) return;
    this.#endOpen(at);
    if (said !== '') this.#push({ session: number, start: at, text: said, end: undefined, from: at });
  }

  /** Says more than the captions did: which of them are one cue, and when it ended. */
  #addCue({ session, start, end, text }: LiveCue): void {
    const said = tidy(text);
    const part = (cue: TimelineCue): boolean => cue.session === session && cue.start >= start && cue.start < end;
    const known = this.#cues.filter(part);
    const from = Math.max(known[0]?.start === start ? start : this.#next, ...known.map((cue) => cue.from), start);
    this.#cues = this.#cues.filter((cue) => !part(cue));
    if (said !== '' && end > from) this.#push({ session, start, text: said, end, from });
    this.#cues.sort((a, b) => a.start - b.start);
  }

  #addState({ state, since }: StateChange): void {
    if (state !== 'live') this.#endOpen(since);
  }

  #endOpen(at: number): void {
    for (const cue of this.#cues) cue.end ??= Math.max(at, cue.from);
  }

  #push(cue: TimelineCue): void {
    this.#cues.push(cue);
    if (this.#cues.length > MOST_CUES) this.#cues.shift();
  }

  /** Goes on at another time. */
  #jump(time: number): void {
    const { segment } = this.#settings;
    const session = this.#sessions.at(-1)?.session ?? this.#session;
    this.#sessions.length = 0;
    this.#next = Math.floor((time - this.#settings.hold) / segment) * segment;
    if (session !== undefined) {
      this.#session = { number: session.number, map: { ...session.map, zero: this.#next } };
    }
    this.#discontinuity = true;
    this.#cues = this.#cues
      .filter(({ end, start }) => (end === undefined || end > this.#next) && start < time + segment)
      .map((cue) => ({ ...cue, from: Math.max(cue.from, this.#next) }));
  }

  #cut(until: number): TimelineSegment[] {
    const { segment } = this.#settings;
    const segments: TimelineSegment[] = [];
    for (;;) {
      const begun = this.#sessions[0];
      const end = Math.min((Math.floor(this.#next / segment) + 1) * segment, begun?.at ?? Number.POSITIVE_INFINITY);
      if (end > until) return segments;
      if (end > this.#next) segments.push(this.#segment(end));
      if (begun?.at === end) {
        this.#session = begun.session;
        this.#sessions.shift();
        this.#discontinuity = true;
      }
    }
  }

  #segment(end: number): TimelineSegment {
    const start = this.#next;
    const session = this.#session;
    const shown: ShownCue[] = [];
    for (const cue of this.#cues) {
      const last = cue.end ?? end;
      if (cue.session !== session?.number || cue.from >= end || last <= start || last <= cue.from) continue;
      shown.push({ start: cue.from, end: last, text: cue.text });
      if (cue.end === undefined) cue.from = end;
    }
    this.#cues = this.#cues.filter((cue) => cue.end === undefined || cue.end > end);
    const discontinuity = this.#discontinuity;
    this.#discontinuity = false;
    this.#next = end;
    return { start, end, discontinuity, text: segmentText(shown, session?.map ?? { pts: 0, at: start, zero: start }) };
  }
}
