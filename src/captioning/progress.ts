import ora, { type Ora } from 'ora';
import type { Micros } from '../core/types.ts';
import { clockText, counted } from '../core/wording.ts';
import { closingLine, type InputSummary, type Problem, type RunSummary, summaryLine } from './summary.ts';

/** How far one input has come. */
export interface InputProgress {
  /** Keyframes with a caption so far. */
  readonly keyframes: number;
  /** Video time looked at so far. */
  readonly covered: Micros;
  /** The video's (or the chosen range's) duration, where it is known. */
  readonly duration?: Micros;
}

/** Where a run tells how it goes. */
export interface Reporter {
  begin(video: string, position: number, of: number): void;
  progress(video: string, progress: InputProgress): void;
  /** A sentence worth reading whatever the progress. */
  note(line: string): void;
  end(summary: InputSummary): void;
  /** The run is over; `problem` is what ended it before its time. */
  close(run: RunSummary, problem?: Problem): void;
}

/** `12 keyframes, 1:04 of 3:10, 8.2 times real time, 0:15 left` */
export function progressLine(progress: InputProgress, elapsedSeconds: number): string {
  const parts = [counted(progress.keyframes, 'keyframe')];
  const covered = progress.covered / 1e6;
  const total = progress.duration === undefined ? undefined : progress.duration / 1e6;
  parts.push(total === undefined ? clockText(covered) : `${clockText(covered)} of ${clockText(total)}`);
  const speed = elapsedSeconds > 0 ? covered / elapsedSeconds : 0;
  if (speed > 0) {
    parts.push(`${speed.toFixed(1)} times real time`);
    if (total !== undefined) parts.push(`${clockText((total - covered) / speed)} left`);
  }
  return parts.join(', ');
}

/** Words on stderr; a live line only where stderr is a terminal. */
export function humanReporter(options: { quiet: boolean }): Reporter {
  // A terminal that says it has no columns (`script`, some CI) would keep ora clearing lines for ever.
  const terminal = process.stderr.isTTY && process.stderr.columns > 0;
  const live: Ora | undefined =
    terminal && !options.quiet ? ora({ stream: process.stderr, discardStdin: false }) : undefined;
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
      for (const { message, detail = [] } of summary.problems) {
        // Most sentences name the input themselves.
        const sentence = message.includes(`${summary.video}"`) ? message : `${summary.video}: ${message}`;
        print([sentence, ...detail].join('\n  '));
      }
      if (options.quiet) return;
      if (summary.state === 'skipped') print(`${summary.video}: up to date (${summary.outputs.join(', ')})`);
      if (summary.state === 'done' || summary.state === 'partial') print(summaryLine(summary));
    },
    close(run) {
      live?.stop();
      if (run.inputs > 1 && !options.quiet) print(closingLine(run));
    },
  };
}

/** NDJSON on stdout: `{"event":"begin"|"progress"|"note"|"end"|"summary", ...}`, progress at most twice a second. */
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
    close: (run, problem) => emit({ event: 'summary', ...run, ...(problem === undefined ? {} : { problem }) }),
  };
}
