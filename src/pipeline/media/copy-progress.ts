import type { FfmpegJob } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';

/** Hears how much of a copy is written, 0 to 1. */
export type OnShare = (share: number) => void;

/** The part of a job that reports its share. Nothing is reported of a video whose duration is not known. */
export function reportShare({ duration }: MediaInfo, onShare: OnShare | undefined): Pick<FfmpegJob, 'onTime'> {
  if (onShare === undefined || duration === null || duration <= 0) return {};
  return { onTime: (time) => onShare(Math.min(1, time / duration)) };
}
