import type { Micros } from '../../core/types.ts';

/** A transport stream counts in 33 bits of 90 kHz: after 26.5 hours it begins again. */
const WRAP: Micros = Math.round((2 ** 33 / 90_000) * 1e6);
/** How far from a whole turn a step may be that counts as one. */
const WRAP_TOLERANCE: Micros = 30e6;
/** A step back by less than this is a frame that comes late, and is dropped; a larger one begins another clock. */
const LATE: Micros = 1e6;
/** A step forward by so much more than the time that passed begins another clock. */
const JUMP: Micros = 15e6;
/** The least delay of the last ten minutes places a stream on this machine's clock: its own clock may be slower or faster. */
const SPAN_MS = 60_000;
const SPANS = 10;
/** Frames that lag by more than {@link JUMP} for so long are not late: the stream's clock stood still. */
const LAG_MS = 10_000;
/** This machine's clock was set where it and the length of time differ by more than this. */
const CLOCK_SET_MS = 2000;

/** When a frame was shown. */
export interface FrameMoment {
  /** 0, 1, 2, ...: grows with each connection, and where the stream's clock begins anew. */
  readonly session: number;
  /** Time on the session's clock, which goes on where the stream's counter wraps around. */
  readonly pts: Micros;
  /** Milliseconds since 1970. Never later than the arrival, as far as that goes on, and never before the frame before it. */
  readonly at: number;
}

/** When a frame came, on both clocks of this machine. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds that only go on. */
  readonly elapsed: number;
}

interface Span {
  readonly began: number;
  /** The least difference of arrival and presentation time (milliseconds) within the span. */
  least: number;
}

interface Session {
  /** What wrap-arounds added. */
  turned: Micros;
  /** The last frame's time on the session's clock. */
  last: Micros;
  lastArrival: Arrival;
  /** Oldest first. */
  spans: Span[];
  /** Since when frames have lagged. */
  lagsSince?: number | undefined;
}

/**
 * Places the frames of one source on the wall clock. A stream's own times say how far frames are apart; the arrival of the least delayed frame
 * says when they were shown. So a burst after a network failure, and the first second of a connection, keep their true distances, and a
 * camera's clock that is set or drifts does not matter.
 */
export class FrameTimes {
  #count = 0;
  #session: Session | undefined;
  #at = Number.NEGATIVE_INFINITY;

  /** A new connection begins: the stream's times may have nothing to do with those before. */
  connect(): void {
    if (this.#session !== undefined) this.#count += 1;
    this.#session = undefined;
  }

  /**
   * Takes the next frame.
   * @param pts null where the stream has no times: the arrival counts
   * @returns undefined for a frame that is late or comes twice
   */
  push(pts: Micros | null, arrival: Arrival): FrameMoment | undefined {
    const session = this.#continued(pts, arrival);
    if (session === undefined) return undefined;
    const least = this.#learn(session, arrival);
    // Two frames of one millisecond keep their order.
    const at = Math.max(Math.round(Math.min(arrival.now, session.last / 1000 + least)), this.#at + 1);
    this.#at = at;
    return { session: this.#count, pts: session.last, at };
  }

  /** The session with the frame's time as its last; undefined where the frame is dropped. */
  #continued(pts: Micros | null, arrival: Arrival): Session | undefined {
    const session = this.#session;
    if (session === undefined) return this.#begin(pts ?? 0, arrival);
    const passed = 1000 * (arrival.elapsed - session.lastArrival.elapsed);
    const step = pts === null ? Math.max(1, Math.round(passed)) : pts + session.turned - session.last;
    const turns = Math.round((passed - step) / WRAP);
    const unturned = step + turns * WRAP;
    // A whole turn is added where what remains is about the time that passed.
    const wraps = turns !== 0 && Math.abs(unturned - passed) < WRAP_TOLERANCE;
    const forward = wraps ? unturned : step;
    if (wraps) session.turned += turns * WRAP;
    if (forward <= 0 && forward > -LATE) return undefined;
    if (forward <= -LATE || forward - passed > JUMP) {
      this.#count += 1;
      return this.#begin(pts ?? 0, arrival);
    }
    session.last += forward;
    this.#followClock(session, arrival);
    session.lastArrival = arrival;
    return session;
  }

  #begin(pts: Micros, arrival: Arrival): Session {
    this.#session = { turned: 0, last: pts, lastArrival: arrival, spans: [] };
    return this.#session;
  }

  /** Where this machine's clock was set, what was learned before moves along. */
  #followClock(session: Session, arrival: Arrival): void {
    const { lastArrival, spans } = session;
    const moved = arrival.now - lastArrival.now - (arrival.elapsed - lastArrival.elapsed);
    if (Math.abs(moved) > CLOCK_SET_MS) for (const span of spans) span.least += moved;
  }

  /** The wall-clock time (milliseconds) at which the session's clock shows 0. */
  #learn(session: Session, arrival: Arrival): number {
    const begun = arrival.now - session.last / 1000;
    const expected = Math.min(...session.spans.map((span) => span.least));
    if (begun - expected <= JUMP / 1000) session.lagsSince = undefined;
    else session.lagsSince ??= arrival.elapsed;
    if (session.lagsSince !== undefined && arrival.elapsed - session.lagsSince >= LAG_MS) session.spans = [];
    const current = session.spans.at(-1);
    if (current === undefined || arrival.elapsed - current.began >= SPAN_MS) {
      session.spans.push({ began: arrival.elapsed, least: begun });
      if (session.spans.length > SPANS) session.spans.shift();
    } else current.least = Math.min(current.least, begun);
    return Math.min(...session.spans.map((span) => span.least));
  }
}
