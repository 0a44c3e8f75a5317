import type { InputProgress, Phase, Reporter } from '../captioning/reporter.ts';
import { closingLine, summaryLine } from '../captioning/summary.ts';
import { printableNote } from '../core/text/printable.ts';
import { clockText, counted } from '../core/text/wording.ts';
import { writeJson, writeNote } from './terminal.ts';

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

/** Without a terminal, a line of progress is printed so often. */
const LINE_MS = 10_000;

const BEFORE_CAPTIONS: ReadonlySet<Phase> = new Set(['starting', 'probing', 'loading the model', 'captioning']);

/** How {@link humanReporter} prints. */
export interface HumanOutput {
  readonly quiet: boolean;
  /** False for what runs for hours with its stderr in a log: no progress where stderr is no terminal. */
  readonly progressLines?: boolean;
}

/**
 * Prints on stderr. Progress is a line that is updated in place where stderr is a terminal, and one line every ten seconds
 * elsewhere.
 */
export async function humanReporter(options: HumanOutput): Promise<Reporter> {
  // Some terminals (`script`, some CI) have no size; no line can be updated in place there.
  const { isTTY, columns, rows } = process.stderr;
  const terminal = isTTY && columns > 0 && rows > 0 && !options.quiet;
  const live = terminal ? (await import('log-update')).createLogUpdate(process.stderr) : undefined;
  let started = Date.now();
  let head = '';
  let line: string | undefined;
  let progressed = false;
  const show = (text: string | undefined): void => {
    line = text;
    if (text === undefined) live?.clear();
    else live?.(printableNote(text));
  };
  const printLine = (): void => {
    if (line !== undefined) writeNote(line);
  };
  const lines = !terminal && !options.quiet && (options.progressLines ?? true);
  const timer = lines ? setInterval(printLine, LINE_MS).unref() : undefined;
  const print = (text: string): void => {
    live?.clear();
    writeNote(text);
    if (line !== undefined) live?.(printableNote(line));
  };
  return {
    phase(name) {
      // Captions of an interrupted run are there before the model is loaded.
      if (progressed && BEFORE_CAPTIONS.has(name)) return;
      show(head === '' ? name : `${head}: ${name}`);
    },
    begin(video, position, of) {
      started = Date.now();
      progressed = false;
      head = of > 1 ? `[${position}/${of}] ${video}` : video;
      show(head);
    },
    progress(_video, progress) {
      progressed = true;
      show(`${head}: ${progressLine(progress, (Date.now() - started) / 1000)}`);
    },
    note: print,
    end(summary) {
      show(undefined);
      for (const { message, detail = [] } of summary.problems) {
        // Most messages name the input themselves.
        const sentence = message.includes(`${summary.video}"`) ? message : `${summary.video}: ${message}`;
        print([sentence, ...detail].join('\n  '));
      }
      if (options.quiet) return;
      for (const note of summary.notes ?? []) print(note);
      // What was edited has said so.
      if (summary.state === 'skipped' && summary.notes === undefined)
        print(`${summary.video}: up to date (${summary.outputs.join(', ')})`);
      if (summary.state === 'done' || summary.state === 'partial') print(summaryLine(summary));
    },
    close(run) {
      clearInterval(timer);
      show(undefined);
      live?.done();
      if (run.inputs > 1 && !options.quiet) print(closingLine(run));
    },
  };
}

/** NDJSON on stdout: `{"event":"begin"|"progress"|"note"|"end"|"summary", ...}`, progress at most twice a second. */
export function jsonReporter(): Reporter {
  let last = 0;
  const emit = (event: object): void => {
    writeJson(event);
  };
  return {
    phase: () => undefined,
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
