import type { RunningProcess } from '../../core/process/run-process.ts';
import { IngestError } from '../errors.ts';

/** What a {@link StallWatchdog} watches. */
export interface WatchedProcess {
  readonly process: RunningProcess;
  /** When the last frame was decoded, on the clock of `performance.now()`. */
  readonly lastFrameAt: () => number;
  readonly stallMs: number;
  /** The source, for the message. */
  readonly label: string;
}

/** Reads an ffmpeg's stdout, and kills it if it decodes no frame for too long while we wait for data. */
export class StallWatchdog {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #watched: WatchedProcess;

  constructor(watched: WatchedProcess) {
    this.#watched = watched;
    this.#chunks = watched.process.stdout[Symbol.asyncIterator]();
  }

  /** The next chunk; null at the end. The time between two calls does not count. Throws `stalled`. */
  async read(): Promise<Buffer | null> {
    const asked = performance.now();
    const { process, lastFrameAt, stallMs, label } = this.#watched;
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const check = (): void => {
        const silence = performance.now() - Math.max(asked, lastFrameAt());
        if (silence < stallMs) {
          timer = setTimeout(check, stallMs - silence);
          return;
        }
        reject(
          new IngestError(
            'stalled',
            `Decoding "${label}" twice produced no output for ${stallMs / 1000} s and was stopped: the file or its server hangs; try again later.`,
            { detail: process.detail() },
          ),
        );
        void process.kill();
      };
      timer = setTimeout(check, stallMs);
    });
    // A pipe that `stop` closed ends like one that was read to its end.
    const next = this.#chunks.next().catch(() => ({ done: true, value: null }) as const);
    try {
      const { done, value } = await Promise.race([next, stalled]);
      return done ? null : value;
    } finally {
      clearTimeout(timer);
    }
  }
}
