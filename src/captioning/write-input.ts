import path from 'node:path';
import { SecondGlanceError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Keyframe, ModelIdentity } from '../core/types.ts';
import { VERSION } from '../core/version.ts';
import { counted } from '../core/wording.ts';
import type { IngestReport } from '../ingest/decode/damage.ts';
import type { MediaInfo } from '../ingest/probe/probe.ts';
import type { Source } from '../ingest/sources/sources.ts';
import type { GroupCaptions } from '../pipeline/cues/order.ts';
import { PROFILES } from '../pipeline/cues/profiles.ts';
import { rulesFor } from '../pipeline/cues/rules.ts';
import { openTrackWriter } from '../pipeline/formats/formats.ts';
import type { TrackHeader, TrackWriter } from '../pipeline/formats/track-writer.ts';
import { burnTrack } from '../pipeline/media/burn.ts';
import { muxTrack } from '../pipeline/media/mux.ts';
import { segmentVideo } from '../pipeline/media/segment.ts';
import { type TracksReport, writeTracks } from '../pipeline/write-tracks.ts';
import { openOutputSink, recordOutput } from '../storage/output-manifest.ts';
import { ensureFolder, streamSink, type TextSink, type Transform } from '../storage/sink.ts';
import { sourceOf, trackOptions } from './input-identity.ts';
import { needsVideo, outputKey, type Target } from './outputs.ts';
import type { InputProgress } from './progress.ts';
import type { CaptionSettings } from './settings.ts';
import { damageProblem, type InputSummary, type Problem, roundSeconds } from './summary.ts';

/** What writing an input's tracks takes besides its captions. */
export interface WriteContext {
  readonly settings: CaptionSettings;
  readonly model: ModelIdentity;
  readonly stateDir: string;
  /**
   * Ends what is made of the video itself. Present where this process may read the input; without it nothing is that
   * takes more than captions (HLS, `--mux`, `--burn`).
   */
  readonly signal?: AbortSignal;
  readonly onProgress: (progress: InputProgress) => void;
}

/** One input of a run. */
export interface InputJob {
  readonly source: Source;
  /** What makes the input the same input; absent for stdin. */
  readonly identity: JsonObject | undefined;
  /** Whose the tracks are, where that is not the place that `identity` names. */
  readonly owner?: string;
  readonly targets: readonly Target[];
  /** Ledger key of the targets, but for their format. */
  readonly key: string;
  /** Where this input's lines of a collected `jsonl` go. */
  readonly sharedJsonl?: TextSink;
  /** Sees every keyframe on its way to the model, and hands it on. */
  readonly tapKeyframes?: (keyframes: AsyncIterable<Keyframe>, media: MediaInfo) => AsyncIterable<Keyframe>;
  /** Who else takes the captions and cues, after the targets. */
  readonly extraWriters?: readonly TrackWriter[];
}

/** An input's captions as they come, in this process or through the queue. */
export interface CaptionedInput {
  /** As it was opened: stdin is a file by now. */
  readonly source: Source;
  readonly media: MediaInfo;
  readonly groups: AsyncIterable<GroupCaptions>;
  /** What the decoder says at its end. Asked once all groups are there. */
  readonly report: () => Promise<IngestReport>;
  /** Groups that may come before an earlier one. */
  readonly limit: number;
  /** By `performance.now()`, for the summary. */
  readonly began: number;
}

/** The video ends before the range begins, or the range lies between two frames. */
class EmptyRangeError extends SecondGlanceError<'empty-range'> {
  constructor(label: string, media: MediaInfo) {
    const length = media.duration === null ? '' : `, which is ${(media.duration / 1e6).toFixed(1)} s long`;
    super('empty-range', `no frame of "${label}"${length}, lies between --from and --to: change the range`);
  }
}

/** Services are asked for what a process at the video's side has to do. */
class VideoNeededError extends SecondGlanceError<'video-needed'> {
  constructor({ path: file }: Target) {
    super('video-needed', `${file} takes the video itself, which services do not copy: run caption without --queue`);
  }
}

function ownerOf({ owner, identity }: InputJob): string {
  return owner ?? sourceOf(identity);
}

/** How a target's bytes are made of its track, where they are not the track itself. */
function makeOf(
  { settings, signal }: WriteContext,
  { source, media }: CaptionedInput,
  target: Target,
): Transform | undefined {
  if (!needsVideo(target)) return undefined;
  if (signal === undefined) throw new VideoNeededError(target);
  const { kind, language } = settings;
  const extension = path.extname(target.path).toLowerCase();
  switch (target.into) {
    case 'mux':
      return (file, made) => muxTrack(source, media, { file, kind, language }, made, extension, signal);
    case 'burn':
      return (file, made) => burnTrack(source, media, file, made, extension, signal);
    default:
      return undefined;
  }
}

async function openWriters(context: WriteContext, job: InputJob, captioned: CaptionedInput): Promise<TrackWriter[]> {
  const header = headerOf(context, captioned);
  const writers: TrackWriter[] = [];
  try {
    if (job.sharedJsonl !== undefined) writers.push(await openTrackWriter('jsonl', job.sharedJsonl, header));
    for (const target of job.targets) {
      const make = makeOf(context, captioned, target);
      if (target.path !== '-') await ensureFolder(path.dirname(target.path));
      const sink =
        target.path === '-'
          ? streamSink(process.stdout)
          : await openOutputSink(context.stateDir, target.path, ownerOf(job), make);
      writers.push(await openTrackWriter(target.format, sink, header));
    }
    return [...writers, ...(job.extraWriters ?? [])];
  } catch (error) {
    await Promise.all(writers.map((writer) => writer.abort()));
    throw error;
  }
}

function headerOf({ settings, model, signal }: WriteContext, { source, media }: CaptionedInput): TrackHeader {
  return {
    tool: { name: 'secondglance', version: VERSION },
    model,
    source: {
      name: source.name,
      label: source.label,
      start: media.start,
      facts: { container: media.container, codec: media.codec, width: media.width, height: media.height },
    },
    kind: settings.kind,
    language: settings.language,
    ...(signal === undefined ? {} : { segmentVideo: (folder) => segmentVideo(source, media, folder, signal) }),
    options: trackOptions(settings),
  };
}

/** The range of the video that is asked for, in microseconds; undefined where its end is unknown. */
function durationOf({ from = 0, to }: CaptionSettings, media: MediaInfo): number | undefined {
  const end = media.duration === null ? to : Math.min(to ?? media.duration, media.duration);
  return end === undefined ? undefined : Math.max(0, end - from);
}

/** Enters an input's finished tracks into the ledger. A partial one is ours, but not up to date: the next run may do better. */
async function recordTracks(stateDir: string, job: InputJob, tracks: TracksReport, whole: boolean): Promise<void> {
  // The writer of the collected lines, where there is one, comes before those of the targets.
  const offset = job.sharedJsonl === undefined ? 0 : 1;
  for (const [at, target] of job.targets.entries()) {
    const file = target.path;
    const sha256 = tracks.written[at + offset]?.sha256;
    if (file === '-' || sha256 === undefined) continue;
    const key = whole ? outputKey(target, job.key) : '';
    await recordOutput(stateDir, file, { key, sha256, source: ownerOf(job) });
  }
}

/**
 * Writes an input's tracks from its captions, and enters them into the ledger. The bytes depend on nothing but captions,
 * source and settings. Throws what made the whole input fail; damage that cost only a part is in the summary.
 * @returns the summary, and how many keyframes got no caption
 */
export async function writeInput(
  context: WriteContext,
  job: InputJob,
  captioned: CaptionedInput,
): Promise<{ readonly summary: InputSummary; readonly failed: number }> {
  const { settings, stateDir, onProgress } = context;
  const { source, media, groups, limit, report } = captioned;
  const duration = durationOf(settings, media);
  const zero = media.start + (settings.from ?? 0);
  const end = async (): Promise<IngestReport> => {
    const found = await report();
    if (found.keyframes === 0) throw new EmptyRangeError(source.label, media);
    return found;
  };
  const tracks = await writeTracks(
    { groups, zero: media.start, limit, end },
    {
      rules: rulesFor(PROFILES[settings.profile], settings.minConfidence),
      writers: await openWriters(context, job, captioned),
      onCaption: ({ index, pts }) => {
        const covered = Math.max(0, pts - zero);
        onProgress({ keyframes: index + 1, covered, ...(duration === undefined ? {} : { duration }) });
      },
    },
  );
  const { keyframes, cues, unsure, failed } = tracks;
  const { damage } = tracks.summary;
  const problems: Problem[] = damage === undefined ? [] : [damageProblem(damage, settings.verbose)];
  if (failed > 0) {
    problems.push({
      code: 'captions-failed',
      message: `${failed} of ${counted(keyframes, 'keyframe')} got no caption; run it again to try just those (${tracks.failure})`,
    });
  }
  const whole = problems.length === 0;
  await recordTracks(stateDir, job, tracks, whole);
  const summary: InputSummary = {
    video: job.source.name,
    state: whole ? 'done' : 'partial',
    keyframes,
    cues,
    ...(unsure === 0 ? {} : { unsure }),
    seconds: roundSeconds((performance.now() - captioned.began) / 1000),
    ...(media.container === 'picture' ? {} : { duration: roundSeconds(Math.max(0, tracks.summary.end - zero) / 1e6) }),
    outputs: job.targets.map((target) => target.path),
    problems,
  };
  return { summary, failed };
}
