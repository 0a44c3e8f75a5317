import type { Clock } from '../../../../src/core/time/clock.ts';
import type {
  ConnectionState,
  LiveCaption,
  LiveCue,
  LiveVideoEvent,
  OpenCue,
  StateChange,
} from '../../../../src/live/live-event.ts';

/** 2026-11-26, noon (UTC): a multiple of every length of a segment. */
export const NOON = Date.UTC(2026, 10, 26, 12);

/** A caption `at` seconds after noon, which arrives a second later. */
export function caption(at: number, text: string, more: Partial<LiveCaption> = {}): LiveCaption {
  const facts = { draft: text, confidence: 0.9, latency: 1000, session: 0, source: 'front' };
  return { kind: 'caption', pts: Math.round(at * 1e6), at: NOON + Math.round(at * 1000), text, ...facts, ...more };
}

/** A cue from `start` to `end` seconds after noon. */
export function cue(start: number, end: number, text: string, more: Partial<LiveCue> = {}): LiveCue {
  const [from, to] = [start, end].map((time) => NOON + Math.round(time * 1000)) as [number, number];
  return { kind: 'cue', source: 'front', session: 0, start: from, end: to, text, confidence: 0.9, ...more };
}

/** A cue that is still shown: from `start` to the last caption, `end` seconds after noon. */
export function openCue(start: number, end: number, text: string, more: Partial<LiveCue> = {}): OpenCue {
  return { ...cue(start, end, text, more), kind: 'open-cue' };
}

/** An event from `start` to `end` seconds after noon. */
export function happened(start: number, end: number, text: string, more: Partial<LiveVideoEvent> = {}): LiveVideoEvent {
  return { ...cue(start, end, text), kind: 'event', support: 3, frames: 3, ...more };
}

/** A change of state, `since` seconds after noon. */
export function state(since: number, to: ConnectionState, more: Partial<StateChange> = {}): StateChange {
  return { kind: 'state', source: 'front', state: to, since: NOON + since * 1000, ...more };
}

/** A clock that stands at noon until it is moved. */
export class ManualClock implements Clock {
  #now = NOON;
  #elapsed = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper = { until: this.#elapsed + ms, wake };
      this.#sleepers.push(sleeper);
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(signal.reason);
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Sets the time of day, in seconds after noon, without time passing. */
  set(seconds: number): void {
    this.#now = NOON + seconds * 1000;
  }

  /** Lets time pass, and what waited for it begin. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const [next] = this.#sleepers.filter(({ until }) => until <= end).sort((a, b) => a.until - b.until);
      if (next === undefined) break;
      this.#now += next.until - this.#elapsed;
      this.#elapsed = next.until;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now += end - this.#elapsed;
    this.#elapsed = end;
  }
}
