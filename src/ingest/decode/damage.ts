import type { FailureDetail } from '../../core/errors.ts';
import type { Micros } from '../../core/types.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import type { Source } from '../sources/sources.ts';
import type { DecodeTally } from './decode-frames.ts';

/** What was read of a source, complete when the reading has ended. */
export interface IngestReport {
  /** The container's start on the source's clock: the zero of the track. */
  readonly zero: Micros;
  /** End of the video (or of the requested range) on the source's clock, as far as it could be decoded. */
  readonly end: Micros;
  /** Frames that were decoded. */
  readonly frames: number;
  /** Keyframes that were handed over. */
  readonly keyframes: number;
  /** Present where part of the video could not be decoded. */
  readonly damage?: {
    readonly code: 'truncated' | 'damaged';
    readonly message: string;
    readonly detail: FailureDetail;
  };
}

/** A video that ends this much earlier than its container says is truncated, unless its frames are that far apart. */
const MISSING: Micros = 2_000_000;
/** Length of the last frame where neither the container nor the frame rate says. */
const DEFAULT_FRAME_LENGTH: Micros = 40_000;
/** Messages of demuxers at a premature end of file. */
const CUT_OFF = /partial file|prematurely|Truncat|Packet corrupt|end of file/i;
/** Messages of level error that do not affect frames. */
const HARMLESS = /Last message repeated|co located POCs unavailable|non monoton|Application provided invalid/i;

/** True for an ffmpeg that exited with an error or was killed from outside. */
export function endedBadly(detail: FailureDetail | undefined): boolean {
  return (detail?.exitCode ?? 0) !== 0 || typeof detail?.signal === 'string';
}

/** The report of all decodings of one source. */
export function damageOf(
  source: Source,
  media: MediaInfo,
  range: { readonly to?: Micros | undefined },
  seen: { readonly keyframes: number; readonly tallies: readonly DecodeTally[]; readonly complete: boolean },
): IngestReport {
  const { tallies, keyframes } = seen;
  const frames = tallies.reduce((sum, tally) => sum + tally.decoded, 0);
  const last = tallies.reduce<Micros | null>(
    (max, { last }) => (last === null ? max : Math.max(last, max ?? last)),
    null,
  );
  const base = { zero: media.start, frames, keyframes };
  if (last === null) return { ...base, end: media.start };
  const frameLength =
    media.frameRate === null
      ? DEFAULT_FRAME_LENGTH
      : Math.round((1_000_000 * media.frameRate.den) / media.frameRate.num);
  const stop = range.to === undefined ? null : range.to + media.start;
  const claimed = media.videoEnd ?? last + frameLength;
  const longest = Math.max(frameLength, ...tallies.map((tally) => tally.longest));
  const missing = Math.min(claimed, stop ?? claimed) - (last + frameLength);
  const cutShort = seen.complete && missing > Math.max(MISSING, 3 * longest);
  const complaints = tallies.flatMap((tally) => tally.complaints).filter((line) => !HARMLESS.test(line));
  const truncated = cutShort || complaints.some((line) => CUT_OFF.test(line));
  // The container knows how long the last frame is shown, unless the video is truncated.
  const end = truncated ? last + frameLength : Math.max(claimed, last + 1);
  const failed = tallies.find(({ detail }) => endedBadly(detail));
  const report = { ...base, end: stop === null ? end : Math.min(end, stop) };
  if (!truncated && complaints.length === 0 && failed === undefined) return report;
  const detail = { ...(failed ?? tallies[0])?.detail, stderr: complaints, pts: last };
  const until = `${(Math.max(0, last - media.start) / 1_000_000).toFixed(1)} s`;
  const message = truncated
    ? `"${source.label}" is cut off: it could be read up to ${until}; get it again for the rest.`
    : failed !== undefined
      ? `Decoding "${source.label}" failed at ${until}: what came before it was used.`
      : `"${source.label}" is damaged in places: what could be decoded was used, up to ${until}.`;
  return { ...report, damage: { code: truncated ? 'truncated' : 'damaged', message, detail } };
}
