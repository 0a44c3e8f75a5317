import path from 'node:path';
import type { TrackStyling } from '../../core/cue-style.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { UsageError } from '../../core/failures.ts';
import type { JsonObject } from '../../core/json-value.ts';
import { hideAddress } from '../../core/text/secrets.ts';
import type { ModelIdentity } from '../../core/types.ts';
import { VERSION } from '../../core/version.ts';
import { openTrackWriter } from '../../pipeline/formats/formats.ts';
import type { TrackHeader, TrackWriter } from '../../pipeline/formats/track-writer.ts';
import { burnTrack } from '../../pipeline/media/burn.ts';
import { MUX_CONTAINERS } from '../../pipeline/media/containers.ts';
import type { OnShare } from '../../pipeline/media/copy-progress.ts';
import { checkFit } from '../../pipeline/media/fits.ts';
import { muxTrack } from '../../pipeline/media/mux.ts';
import { segmentVideo } from '../../pipeline/media/segment.ts';
import type { Transform } from '../../storage/file-sink.ts';
import type { FolderCheck } from '../../storage/folders/checked-folder.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';
import { openOutputSink } from '../../storage/output-manifest.ts';
import type { TextSink } from '../../storage/sink.ts';
import type { CaptionedSource } from '../caption-source.ts';
import { labelOptions, sourceOf, trackOptions } from '../input-identity.ts';
import type { TrackSettings } from '../settings.ts';
import { needsVideo, type Target } from './target.ts';

/** What the outputs of all inputs have in common. */
export interface OutputContext {
  readonly settings: TrackSettings;
  readonly model: ModelIdentity;
  readonly stateDir: string;
  /**
   * Ends what reads the video itself (HLS, mux, burn). Present where this process may read it; without it such outputs
   * are `video-needed`.
   */
  readonly signal?: AbortSignal;
  /** Hears how much of a copy of the video has been written, from 0 to 1. */
  readonly onShare?: OnShare;
  /** Checks the folders that outputs are written to; without it all are permitted. */
  readonly checkFolder?: FolderCheck;
  /** Takes a track that goes to `-`; without it there are none. */
  readonly stdout?: TextSink;
  /** The name of the track file that the cues come from, where no model wrote them. */
  readonly from?: string;
  /** The styling of that file. */
  readonly styling?: TrackStyling;
}

/** One input and its outputs. */
export interface OutputJob {
  /** What makes the input the same input in another run; undefined for stdin. */
  readonly identity: JsonObject | undefined;
  /** The owner of the outputs, if it is not the place that `identity` names. */
  readonly owner?: string;
  readonly targets: readonly Target[];
  /** What the outputs depend on, as the output manifest keeps it, without their format. */
  readonly key: string;
  /** Takes this input's lines of a `jsonl` file that several inputs share. */
  readonly sharedJsonl?: TextSink;
  /** Also receive the captions and cues, after the targets. */
  readonly extraWriters?: readonly TrackWriter[];
}

/** The video that tracks are written for. */
type VideoSource = Pick<CaptionedSource, 'source' | 'media'>;

/** Services are asked for an output that takes the video itself. */
class VideoNeededError extends SecondGlanceError<'video-needed'> {
  constructor({ path: file }: Target) {
    super('video-needed', `${file} takes the video itself, which services do not copy: run caption without --queue`);
  }
}

/** The owner of an input's outputs in the output manifest. */
export function ownerOf({ owner, identity }: OutputJob): string {
  return owner ?? sourceOf(identity);
}

/** How a target's bytes are made from its track, if they are not the track itself. */
function transformOf(
  { settings, signal, onShare }: OutputContext,
  { source, media }: VideoSource,
  target: Target,
): Transform | undefined {
  if (!needsVideo(target)) return undefined;
  if (signal === undefined) throw new VideoNeededError(target);
  const { kind, language } = settings;
  const extension = path.extname(target.path).toLowerCase();
  switch (target.into) {
    case 'mux':
      return (file, made) => muxTrack(source, media, { file, kind, language }, made, extension, signal, onShare);
    case 'burn':
      return (file, made) => burnTrack(source, media, file, made, extension, signal, onShare);
    default:
      return undefined;
  }
}

/** Refuses a copy whose container cannot hold the video, before anything is captioned. */
async function checkCopyFits({ signal }: OutputContext, { source, media }: VideoSource, target: Target): Promise<void> {
  const container = target.into === 'mux' ? MUX_CONTAINERS[path.extname(target.path).toLowerCase()] : undefined;
  if (container !== undefined && signal !== undefined) await checkFit(source, media, container.format, 'mux', signal);
}

function headerOf(
  { settings, model, signal, from, styling }: OutputContext,
  { source, media }: VideoSource,
): TrackHeader {
  return {
    tool: { name: 'secondglance', version: VERSION },
    model,
    ...(from === undefined ? {} : { from }),
    ...(styling === undefined ? {} : { styling }),
    source: {
      name: source.name,
      label: hideAddress(source.label),
      start: media.start,
      facts: { container: media.container, codec: media.codec, width: media.width, height: media.height },
    },
    kind: settings.kind,
    language: settings.language,
    ...(signal === undefined ? {} : { segmentVideo: (folder) => segmentVideo(source, media, folder, signal) }),
    options: from === undefined ? trackOptions(settings) : { track: from, ...labelOptions(settings) },
  };
}

/** The header of a track that ffmpeg reads: it stops at a STYLE or REGION block. */
function forCopy(header: TrackHeader): TrackHeader {
  return header.styling === undefined ? header : { ...header, styling: { ...header.styling, blocks: [] } };
}

/** Opens the sink of an output, or stdout's for `-`, and creates its folder. */
export async function openTarget(
  { stateDir, stdout, checkFolder, signal }: Pick<OutputContext, 'stateDir' | 'stdout' | 'checkFolder' | 'signal'>,
  file: string,
  owner?: string,
  transform?: Transform,
): Promise<TextSink> {
  if (file !== '-') {
    if (checkFolder === undefined) await ensureFolder(path.dirname(file));
    return openOutputSink(stateDir, file, owner, { transform, checkFolder, signal });
  }
  if (stdout === undefined) throw new UsageError('there is no standard output to write to: name a file');
  return stdout;
}

/** Opens a writer per output: the shared `jsonl` first, then the targets, then the extra writers. */
export async function openWriters(
  context: OutputContext,
  job: OutputJob,
  captioned: VideoSource,
): Promise<TrackWriter[]> {
  const header = headerOf(context, captioned);
  const writers: TrackWriter[] = [];
  try {
    if (job.sharedJsonl !== undefined) writers.push(await openTrackWriter('jsonl', job.sharedJsonl, header));
    for (const target of job.targets) {
      await checkCopyFits(context, captioned, target);
      const transform = transformOf(context, captioned, target);
      const sink = await openTarget(context, target.path, ownerOf(job), transform);
      writers.push(await openTrackWriter(target.format, sink, target.into === undefined ? header : forCopy(header)));
    }
    return [...writers, ...(job.extraWriters ?? [])];
  } catch (error) {
    await Promise.all(writers.map((writer) => writer.abort()));
    throw error;
  }
}
