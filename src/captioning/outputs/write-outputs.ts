import path from 'node:path';
import { counted } from '../../core/text/wording.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { PROFILES } from '../../pipeline/cues/profiles.ts';
import { type CueRules, rulesFor } from '../../pipeline/cues/rules.ts';
import { type TracksReport, writeTracks } from '../../pipeline/write-tracks.ts';
import { recordOutput } from '../../storage/output-manifest.ts';
import { type CaptionedSource, captionStream } from '../caption-source.ts';
import type { InputProgress } from '../reporter.ts';
import type { KeyframeSettings, TrackSettings } from '../settings.ts';
import { damageProblem, type InputSummary, nonZero, type Problem, roundSeconds } from '../summary.ts';
import { type OutputContext, type OutputJob, openWriters, ownerOf } from './open-writers.ts';
import { outputKey } from './target.ts';

/** What {@link writeOutputs} needs besides the captions. */
export interface WriteContext extends OutputContext {
  /** Whether problems say what was tried. */
  readonly verbose: boolean;
  /** When the work on the input began, by `performance.now()`. */
  readonly began: number;
  readonly onProgress: (progress: InputProgress) => void;
}

/** The range of the video that is asked for, in microseconds; undefined where its end is unknown. */
function durationOf({ from = 0, to }: KeyframeSettings, media: MediaInfo): number | undefined {
  const end = media.duration === null ? to : Math.min(to ?? media.duration, media.duration);
  return end === undefined ? undefined : Math.max(0, end - from);
}

/**
 * Records an input's finished outputs. A partial output is ours but not up to date, because the next run may add to it.
 */
export async function recordOutputs(
  stateDir: string,
  job: OutputJob,
  written: TracksReport['written'],
  whole: boolean,
): Promise<void> {
  // The writer of the shared lines, if there is one, precedes those of the targets.
  const offset = job.sharedJsonl === undefined ? 0 : 1;
  for (const [at, target] of job.targets.entries()) {
    const file = target.path;
    const sha256 = written[at + offset]?.sha256;
    if (file === '-' || sha256 === undefined) continue;
    const key = whole ? outputKey(target, job.key) : '';
    await recordOutput(stateDir, file, { key, sha256, source: ownerOf(job) });
  }
}

/** Animations that ffmpeg does not decode count as their first picture. */
function animationNotes({ source, media: { pictures } }: CaptionedSource): string[] {
  if (pictures === undefined) return [];
  return [
    `${source.name} is an animation of ${pictures} pictures, of which the first was captioned: convert it to GIF, PNG or MP4 for the others`,
  ];
}

/** What writers have to say of their outputs: `film.mkv: left out: ...`. */
export function notesOf(job: OutputJob, written: TracksReport['written']): string[] {
  const offset = job.sharedJsonl === undefined ? 0 : 1;
  return job.targets.flatMap((target, at) =>
    (written[at + offset]?.notes ?? []).map((note) => `${path.basename(target.path)}: ${note}`),
  );
}

function rulesOf(settings: TrackSettings): CueRules {
  const { profile, minConfidence, dialogue } = settings;
  const rules = rulesFor(PROFILES[profile], minConfidence, settings);
  return dialogue?.speech === undefined ? rules : { ...rules, speech: dialogue.speech };
}

/**
 * Writes an input's tracks from its captions and records them in the output manifest. The bytes depend on captions,
 * source and settings only. Throws what made the whole input fail; damage that affects only a part is in the summary.
 * @returns the summary, and how many keyframes have no caption
 */
export async function writeOutputs(
  context: WriteContext,
  job: OutputJob,
  captioned: CaptionedSource,
): Promise<{ readonly summary: InputSummary; readonly failed: number }> {
  const { settings, stateDir, verbose, onProgress } = context;
  const { source, media } = captioned;
  const duration = durationOf(settings, media);
  const zero = media.start + (settings.from ?? 0);
  const tracks = await writeTracks(captionStream(captioned), {
    rules: rulesOf(settings),
    writers: await openWriters(context, job, captioned),
    onCaption: ({ index, pts }) => {
      const covered = Math.max(0, pts - zero);
      onProgress({ keyframes: index + 1, covered, ...(duration === undefined ? {} : { duration }) });
    },
  });
  const { keyframes, cues, unsure, blank, unplaced, tooShort, failed, failure } = tracks.counts;
  const { damage, end } = tracks.summary;
  const reused = captioned.reused?.() ?? 0;
  const problems: Problem[] = damage === undefined ? [] : [damageProblem(damage, verbose)];
  if (failed > 0) {
    problems.push({
      code: 'captions-failed',
      message: `${failed} of ${counted(keyframes, 'keyframe')} got no caption; run it again to try just those (${failure})`,
    });
  }
  const whole = problems.length === 0;
  await recordOutputs(stateDir, job, tracks.written, whole);
  const notes = [...animationNotes(captioned), ...notesOf(job, tracks.written)];
  const summary: InputSummary = {
    video: source.name,
    state: whole ? 'done' : 'partial',
    keyframes,
    cues,
    ...(reused === 0 ? {} : { reused }),
    ...nonZero({ unsure, blank, unplaced, tooShort }),
    seconds: roundSeconds((performance.now() - context.began) / 1000),
    ...(media.container === 'picture' ? {} : { duration: roundSeconds(Math.max(0, end - zero) / 1e6) }),
    outputs: job.targets.map((target) => target.path),
    problems,
    ...(notes.length === 0 ? {} : { notes }),
  };
  return { summary, failed };
}
