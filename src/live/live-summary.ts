import { EXIT } from '../core/failures.ts';
import { Latencies } from './latencies.ts';
import type { ConnectionState, LiveEvent } from './live-event.ts';

/** What one source came to. */
export interface SourceSummary {
  readonly source: string;
  /** Its last state. */
  readonly state: ConnectionState;
  /** Why it is not live. */
  readonly reason?: string;
  readonly captions: number;
  readonly cues: number;
  /** Captions of pictures that show nothing. */
  readonly blank: number;
  /** Frames that could not be captioned. */
  readonly failed: number;
  /** Frames that were left out because newer ones came. */
  readonly behind: number;
  /** Frames that were left out because the picture had not changed. */
  readonly still: number;
  /** How often the connection was lost. */
  readonly lost: number;
}

/** What a run of `live` came to. */
export interface LiveSummary {
  readonly exitCode: number;
  readonly seconds: number;
  readonly sources: readonly SourceSummary[];
  /** Milliseconds from the arrival of a frame to its caption; absent where there is none. */
  readonly latency?: { readonly median: number; readonly p95: number };
}

type Counts = { -readonly [Key in keyof SourceSummary]: SourceSummary[Key] };

/** Adds up the events of a run. */
export class LiveTally {
  readonly #sources = new Map<string, Counts>();
  readonly #latencies = new Latencies();

  constructor(sources: readonly string[]) {
    const none = { captions: 0, cues: 0, blank: 0, failed: 0, behind: 0, still: 0, lost: 0 };
    for (const source of sources) this.#sources.set(source, { source, state: 'connecting', ...none });
  }

  add(event: LiveEvent): void {
    const counts = this.#sources.get(event.source);
    if (counts === undefined) return;
    if (event.kind === 'caption') {
      counts.captions += 1;
      if (event.nothingVisible === true) counts.blank += 1;
      else this.#latencies.add(event.latency);
    } else if (event.kind === 'cue') counts.cues += 1;
    else if (event.kind === 'skipped') {
      counts.behind += event.behind;
      counts.still += event.still;
    } else if (event.kind === 'state') {
      if (event.state === 'failed' && (counts.state === 'live' || counts.state === 'stalled')) counts.lost += 1;
      counts.state = event.state;
      delete counts.reason;
      if (event.reason !== undefined) counts.reason = event.reason;
    }
  }

  /** A frame could not be captioned. */
  fail(source: string): void {
    const counts = this.#sources.get(source);
    if (counts !== undefined) counts.failed += 1;
  }

  /** @param failed sources that are not tried again */
  summary(seconds: number, failed: number): LiveSummary {
    const sources = [...this.#sources.values()].map((counts) => ({ ...counts }));
    const median = this.#latencies.quantile(0.5);
    const p95 = this.#latencies.quantile(0.95);
    const exitCode = failed === 0 ? EXIT.done : failed === sources.length ? EXIT.failed : EXIT.partial;
    return {
      exitCode,
      seconds: Math.round(seconds * 1000) / 1000,
      sources,
      ...(median === undefined || p95 === undefined ? {} : { latency: { median, p95 } }),
    };
  }
}
