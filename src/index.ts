/**
 * The public API: everything that another project may import. `docs/api.md` shows how it is used, `docs/api-report.txt`
 * lists it with its types.
 * @module
 */
export type { CaptionRun, RunOutput, RunReport } from './captioning/caption-run.ts';
export { type CaptionVideoOptions, captionVideo, type RunCaptioner } from './captioning/caption-video.ts';
export { type CaptionerRequest, type ModelCaptioner, openCaptioner } from './captioning/open-captioner.ts';
export type { OutputFile } from './captioning/outputs/target.ts';
export type { InputProgress } from './captioning/reporter.ts';
export type { CustomSelector } from './captioning/settings.ts';
export type { InputSummary, Problem } from './captioning/summary.ts';
export { type FailureDetail, SecondGlanceError } from './core/errors.ts';
export type { TrackKind } from './core/kind.ts';
export type {
  Caption,
  Cue,
  EventMark,
  Group,
  ImageSpec,
  JointCaption,
  Keyframe,
  Micros,
  ModelIdentity,
  RecordedBy,
  VideoEvent,
} from './core/types.ts';
export type { Frame } from './ingest/decode/decode-frames.ts';
export type { KeyframeSelector, SelectedFrame } from './ingest/selectors/keyframe-selector.ts';
export type { FrameChoice } from './ingest/selectors/registry.ts';
export { type ExpandedInputs, expandInputs, type InputProblem, type Source } from './ingest/sources/sources.ts';
export type { ProfileName } from './pipeline/cues/profiles.ts';
export type { FormatName } from './pipeline/formats/formats.ts';
export type { InvalidCue, ReadCue } from './pipeline/formats/parse-cues.ts';
export { type ReadTrack, readTrack } from './pipeline/formats/read-track.ts';
export type { TrackSummary, TrackWriter } from './pipeline/formats/track-writer.ts';
export type { CaptionCounts } from './pipeline/track-events.ts';
export type { Written } from './storage/sink.ts';
export type { Captioner, CaptionOptions } from './workers/captioner.ts';
