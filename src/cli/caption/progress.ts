import ora, { type Ora } from 'ora';
import type { Micros } from '../../core/types.ts';

/** How far one input has come. */
export interface InputProgress {
  /** Keyframes with a caption so far. */
  readonly keyframes: number;
  /** Video time looked at so far. */
  readonly covered: Micros;
  /** The video's (or the chosen range's) duration, where it is known. */
  readonly duration?: Micros;
}

/** What one input came to. `seconds` is wall time. */
export interface InputSummary {
  readonly video: string;
  readonly state: 'done' | 'partial' | 'failed' | 'skipped';
  readonly keyframes: number;
  readonly cues: number;
  readonly seconds: number;
  /** Duration of the video over `seconds`; absent for stills. */
  readonly timesRealTime?: number;
  readonly outputs: readonly string[];
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

/** Where a run tells how it goes. */
export interface Reporter {
  begin(video: string, position: number, of: number): void;
  progress(video: string, progress: InputProgress): void;
  /** A sentence worth reading whatever the progress (a warning, a skipped input). */
  note(line: string): void;
  end(summary: InputSummary): void;
  close(): void;
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const tail = `${String(m).padStart(h > 0 ? 2 : 1, '0')}:${String(s).padStart(2, '0')}`;
  return h > 0 ? `${h}:${tail}` : tail;
}

/** `12 keyframes, 1:04 of 3:10, 8.2 times real time, 0:15 left` */
export function progressLine(progress: InputProgress, elapsedSeconds: number): string {
  const parts = [`${progress.keyframes} keyframe${progress.keyframes === 1 ? '' : 's'}`];
  const covered = progress.covered / 1e6;
  const total = progress.duration === undefined ? undefined : progress.duration / 1e6;
  parts.push(total === undefined ? clock(covered) : `${clock(covered)} of ${clock(total)}`);
  const speed = elapsedSeconds > 0 ? covered / elapsedSeconds : 0;
  if (speed > 0) {
    parts.push(`${speed.toFixed(1)} times real time`);
    if (total !== undefined) parts.push(`${clock((total - covered) / speed)} left`);
  }
  return parts.join(', ');
}

/** `holiday.mp4: 42 keyframes, 30 cues in 12.3 s, 10.2 times real time -> holiday.vtt` */
export function summaryLine(summary: InputSummary): string {
  const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
  const speed = summary.timesRealTime === undefined ? '' : `, ${summary.timesRealTime.toFixed(1)} times real time`;
  const where = summary.outputs.length === 0 ? '' : ` -> ${summary.outputs.join(', ')}`;
  const flag = summary.state === 'partial' ? ' (partial)' : '';
  return `${summary.video}: ${count(summary.keyframes, 'keyframe')}, ${count(summary.cues, 'cue')} in ${summary.seconds.toFixed(1)} s${speed}${flag}${where}`;
}

/** Words on stderr; a live line only where stderr is a terminal. */
export function humanReporter(options: { quiet: boolean }): Reporter {
  const live: Ora | undefined =
    process.stderr.isTTY && !options.quiet ? ora({ stream: process.stderr, discardStdin: false }) : undefined;
  let began = Date.now();
  let head = '';
  const print = (line: string): void => {
    const spinning = live?.isSpinning ?? false;
    if (spinning) live?.clear();
    process.stderr.write(`${line}\n`);
    if (spinning) live?.render();
  };
  return {
    begin(video, position, of) {
      began = Date.now();
      head = of > 1 ? `[${position}/${of}] ${video}` : video;
      live?.start(head);
    },
    progress(_video, progress) {
      if (live !== undefined) live.text = `${head}: ${progressLine(progress, (Date.now() - began) / 1000)}`;
    },
    note: (line) => print(line),
    end(summary) {
      live?.stop();
      for (const problem of summary.problems) print(`${summary.video}: ${problem.message}`);
      if (options.quiet) return;
      if (summary.state === 'skipped') print(`${summary.video}: up to date (${summary.outputs.join(', ')})`);
      if (summary.state === 'done' || summary.state === 'partial') print(summaryLine(summary));
    },
    close: () => live?.stop(),
  };
}

/** NDJSON on stdout: `{"event":"begin"|"progress"|"note"|"end", ...}`, progress at most twice a second an input. */
export function jsonReporter(): Reporter {
  let last = 0;
  const emit = (event: object): void => {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  };
  return {
    begin: (video, position, of) => emit({ event: 'begin', video, position, of }),
    progress(video, progress) {
      if (Date.now() - last < 500) return;
      last = Date.now();
      emit({
        event: 'progress',
        video,
        keyframes: progress.keyframes,
        covered: progress.covered / 1e6,
        ...(progress.duration === undefined ? {} : { duration: progress.duration / 1e6 }),
      });
    },
    note: (message) => emit({ event: 'note', message }),
    end: (summary) => emit({ event: 'end', ...summary }),
    close: () => {},
  };
}
