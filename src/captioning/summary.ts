import { type FailureDetail, SecondGlanceError, sentenceOf } from '../core/errors.ts';
import { detailLines, EXIT, furtherLines } from '../core/failures.ts';
import { hideSecrets } from '../core/text/secrets.ts';
import { counted } from '../core/text/wording.ts';

/** Something that went wrong with an input. */
export interface Problem {
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  /** With `--verbose`: what was tried and how it ended. */
  readonly detail?: readonly string[];
}

/** Captions that no cue has, by reason; each absent if there are none. */
export interface LeftOutCounts {
  /** The model is less sure of them than the minimum confidence. */
  readonly unsure?: number;
  /** Keyframes on which nothing is visible, so that they have no caption. */
  readonly blank?: number;
  /** The dialogue leaves no room for them. */
  readonly unplaced?: number;
  /** Their scenes are too short to show them. */
  readonly tooShort?: number;
}

/** The result of one input. Times are seconds. */
export interface InputSummary extends LeftOutCounts {
  readonly video: string;
  readonly state: 'done' | 'partial' | 'failed' | 'skipped';
  readonly keyframes: number;
  readonly cues: number;
  /** Captions of an earlier, interrupted run that were used again; absent if there are none. */
  readonly reused?: number;
  /** The name of the track whose cues were written; absent where the video was captioned. */
  readonly track?: string;
  /** Wall time. */
  readonly seconds: number;
  /** The length of the video, or of the range; absent for stills and if it is unknown. */
  readonly duration?: number;
  readonly outputs: readonly string[];
  readonly problems: readonly Problem[];
  /** How outputs differ from what one may expect, one sentence each; absent if there is nothing to say. */
  readonly notes?: readonly string[];
}

/** The result of a whole run. */
export interface RunSummary extends LeftOutCounts {
  readonly exitCode: number;
  readonly inputs: number;
  readonly done: number;
  readonly partial: number;
  readonly failed: number;
  readonly skipped: number;
  readonly keyframes: number;
  /** Absent if there are none. */
  readonly reused?: number;
  readonly cues: number;
  readonly seconds: number;
  readonly duration: number;
}

/** Only the counts that are not 0. */
export function nonZero(counts: Required<LeftOutCounts>): LeftOutCounts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Seconds, rounded to milliseconds. */
export function roundSeconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** An error as a problem of an input. */
export function problemOf(error: unknown, verbose: boolean): Problem {
  const detail = furtherLines(error, verbose).map(hideSecrets);
  return {
    code: error instanceof SecondGlanceError ? error.code : 'unexpected',
    message: hideSecrets(sentenceOf(error)),
    ...(detail.length === 0 ? {} : { detail }),
  };
}

function failed(video: string, problem: Problem): InputSummary {
  return { video, state: 'failed', keyframes: 0, cues: 0, seconds: 0, outputs: [], problems: [problem] };
}

/** The summary of an input that failed as a whole. */
export function failedSummary(video: string, error: unknown, verbose = false): InputSummary {
  return failed(video, problemOf(error, verbose));
}

/** The summary of an input that failed in a service: what was tried, for those who ask for it, and no stack, which is in the service's log at level `debug`. */
export function failedInService(video: string, error: unknown): InputSummary {
  const { code, message } = problemOf(error, false);
  const known = error instanceof SecondGlanceError;
  const lines = known
    ? detailLines(error.detail).map(hideSecrets)
    : ['This error was not expected; the log of the service says more with SECONDGLANCE_LOG_LEVEL=debug.'];
  return failed(video, { code, message, ...(lines.length === 0 ? {} : { detail: lines }) });
}

/** A summary without the details that only `--verbose` shows. */
export function withoutDetail(summary: InputSummary): InputSummary {
  return { ...summary, problems: summary.problems.map(({ code, message }) => ({ code, message })) };
}

/** The problem of an input that could be read in part. */
export function damageProblem(
  damage: { readonly code: string; readonly message: string; readonly detail: FailureDetail },
  verbose: boolean,
): Problem {
  const { code, message, detail } = damage;
  return { code, message, ...(verbose ? { detail: detailLines(detail) } : {}) };
}

function exitCodeOf(inputs: readonly InputSummary[]): number {
  const failed = inputs.filter(({ state }) => state === 'failed').length;
  if (failed === inputs.length && failed > 0) return EXIT.failed;
  return failed > 0 || inputs.some(({ state }) => state === 'partial') ? EXIT.partial : EXIT.done;
}

/** Adds up the inputs of a run that took `seconds`. Its exit code: 0 done, 1 all failed, 3 some failed or partial. */
export function summarise(inputs: readonly InputSummary[], seconds: number): RunSummary {
  const count = (state: InputSummary['state']): number => inputs.filter((input) => input.state === state).length;
  const sum = (of: (input: InputSummary) => number): number => inputs.reduce((total, input) => total + of(input), 0);
  const reused = sum((input) => input.reused ?? 0);
  return {
    exitCode: exitCodeOf(inputs),
    inputs: inputs.length,
    done: count('done'),
    partial: count('partial'),
    failed: count('failed'),
    skipped: count('skipped'),
    keyframes: sum(({ keyframes }) => keyframes),
    cues: sum(({ cues }) => cues),
    ...(reused === 0 ? {} : { reused }),
    ...nonZero({
      unsure: sum(({ unsure = 0 }) => unsure),
      blank: sum(({ blank = 0 }) => blank),
      unplaced: sum(({ unplaced = 0 }) => unplaced),
      tooShort: sum(({ tooShort = 0 }) => tooShort),
    }),
    seconds: roundSeconds(seconds),
    duration: sum(({ duration }) => duration ?? 0),
  };
}

/** ` (left out: 3 below the minimum confidence, 1 with nothing visible)`; empty where nothing was left out. */
function leftOutText({ unsure = 0, blank = 0, unplaced = 0, tooShort = 0 }: LeftOutCounts): string {
  const reasons = [
    [unsure, 'below the minimum confidence'],
    [blank, 'with nothing visible'],
    [unplaced, 'without enough time to be spoken'],
    [tooShort, 'whose scene is too short to read them'],
  ] as const;
  const parts = reasons.filter(([count]) => count > 0).map(([count, reason]) => `${count} ${reason}`);
  return parts.length === 0 ? '' : ` (left out: ${parts.join(', ')})`;
}

function figures(summary: Omit<InputSummary, 'video' | 'state' | 'outputs' | 'problems'>): string {
  const { keyframes, cues, track, reused = 0, seconds, duration = 0 } = summary;
  if (track !== undefined) return `${counted(cues, 'cue')} of ${track} in ${seconds.toFixed(1)} s`;
  const speed = duration > 0 && seconds > 0 ? `, ${(duration / seconds).toFixed(1)} times real time` : '';
  const left = leftOutText(summary);
  const again = reused === 0 ? '' : ` (${counted(reused, 'caption')} of an earlier run reused)`;
  return `${counted(keyframes, 'keyframe')}${again}, ${counted(cues, 'cue')}${left} in ${seconds.toFixed(1)} s${speed}`;
}

/** `holiday.mp4: 42 keyframes, 30 cues in 12.3 s, 10.2 times real time -> holiday.vtt` */
export function summaryLine(summary: InputSummary): string {
  const { video, state, outputs } = summary;
  const where = outputs.length === 0 ? '' : ` -> ${outputs.join(', ')}`;
  return `${video}: ${figures(summary)}${state === 'partial' ? ' (partial)' : ''}${where}`;
}

/** `3 inputs: 2 done, 1 failed; 72 keyframes, 60 cues in 20.3 s, 12.5 times real time`: the last line of a run. */
export function closingLine(run: RunSummary): string {
  const states = [
    [run.done, 'done'],
    [run.partial, 'partial'],
    [run.failed, 'failed'],
    [run.skipped, 'up to date'],
  ] as const;
  const parts = states.filter(([n]) => n > 0).map(([n, state]) => `${n} ${state}`);
  return `${counted(run.inputs, 'input')}: ${parts.join(', ')}; ${figures(run)}`;
}
