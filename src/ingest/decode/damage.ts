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
  /** Present where part of the video could not be decoded, or is not there yet. */
  readonly damage?: {
    readonly code: 'truncated' | 'damaged' | 'unfinished';
    readonly message: string;
    readonly detail: FailureDetail;
  };
}

/** A video that ends this much earlier than its container says is truncated, unless its frames are that far apart. */
const MISSING: Micros = 2_000_000;
/**
 * Containers that say exactly how long the last frame is shown, and whose demuxers complain where one is missing: without a complaint, an early
 * last frame is one that stays.
 */
const EXACT = /^(mov,|matroska)/;
/** In a video with longer pauses between two frames, and in one of a single frame, the last frame stays while the sound goes on. */
const STAYS: Micros = 10_000_000;
/** Length of the last frame where neither the container nor the frame rate says. */
const DEFAULT_FRAME_LENGTH: Micros = 40_000;
/** Messages of demuxers at a premature end of file. */
const CUT_OFF = /partial file|prematurely|Truncat|end of file/i;
/** An incomplete packet so shortly before the last frame is the end of the file. Decoders hold a few frames back. */
const AT_THE_END: Micros = 1_000_000;
/** ffmpeg's message where a server sends no more; it waits for twenty seconds. */
const SILENT_SERVER = /timed out/i;
/** Messages that do not affect frames. */
const HARMLESS =
  /Last message repeated|co located POCs unavailable|non monoton|Application provided invalid|New video stream/i;
/** ffmpeg's message about a stream that begins after the others: it is not decoded. */
const NEW_STREAM = /New video stream \S+ at pos:\d+ and DTS:(-?[\d.]+)/;

/** True for an ffmpeg that exited with an error or was killed from outside. */
export function endedBadly(detail: FailureDetail | undefined): boolean {
  return (detail?.exitCode ?? 0) !== 0 || typeof detail?.signal === 'string';
}

/** The report of all decodings of one source. */
export function damageOf(
  source: Source,
  media: MediaInfo,
  range: { readonly to?: Micros | undefined },
  seen: {
    readonly keyframes: number;
    readonly tallies: readonly DecodeTally[];
    readonly complete: boolean;
    /** The file grew while it was read. */
    readonly grown: boolean;
  },
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
  const messages = tallies.flatMap((tally) => tally.complaints);
  const complaints = messages.filter((line) => !HARMLESS.test(line));
  const failed = tallies.find(({ detail }) => endedBadly(detail));
  const held = EXACT.test(media.container) && complaints.length === 0 && failed === undefined;
  const cutShort = seen.complete && !held && missing > Math.max(MISSING, 3 * longest);
  const corruptEnd =
    seen.complete && tallies.some(({ corruptAt }) => corruptAt !== null && last - corruptAt < AT_THE_END);
  const lacking = seen.complete && stop === null ? media.bytesMissing : 0;
  const truncated = cutShort || corruptEnd || lacking > 0 || complaints.some((line) => CUT_OFF.test(line));
  // The container knows how long the last frame is shown, unless the video is truncated. A claim that lies before the last frame is wrong.
  const own = truncated || claimed <= last ? last + frameLength : claimed;
  const stays = !truncated && (longest > STAYS || tallies.every((tally) => tally.first === tally.last));
  const end = stays && media.duration !== null ? Math.max(own, media.start + media.duration) : own;
  const report = { ...base, end: stop === null ? end : Math.min(end, stop) };
  const moved = NEW_STREAM.exec(messages.join('\n'))?.[1];
  const { lost } = media.times;
  const missed = lost !== null && lost.to <= last && (stop === null || lost.from < stop) ? lost : null;
  const unended = seen.complete && stop === null && media.unended;
  const unread = seen.complete && stop === null && media.unread === true;
  const leftOut = tallies.flatMap((tally) => [...tally.leftOut]);
  const seconds = (time: Micros): string => `${(Math.max(0, time - media.start) / 1_000_000).toFixed(1)} s`;
  const until = seconds(last);
  const bytes = lacking > 0 ? ` (${lacking} bytes are missing)` : '';
  // In order of what has to be said first.
  const findings: readonly (readonly [
    found: boolean,
    code: 'truncated' | 'damaged' | 'unfinished',
    message: string,
  ])[] = [
    [leftOut.length > 0, 'damaged', `lacks parts that its playlist names, which could not be read: try again later.`],
    [
      source.kind === 'url' && complaints.some((line) => SILENT_SERVER.test(line)),
      'truncated',
      `ends at ${until}, where its server sent no more: try again later.`,
    ],
    [
      unread,
      'damaged',
      `goes on in another recording that was appended after ${until}, which was not read: cut the file there.`,
    ],
    [
      truncated,
      'truncated',
      `is cut off${bytes}: it was read up to ${until}; record or copy it again to get the rest.`,
    ],
    [failed !== undefined, 'damaged', `could not be decoded any further at ${until}: what came before it was used.`],
    [complaints.length > 0, 'damaged', `is damaged in places: what could be decoded was used, up to ${until}.`],
    [
      moved !== undefined,
      'damaged',
      `goes on in another video stream after ${until}, which was not read: cut the file there.`,
    ],
    [
      missed !== null,
      'damaged',
      `has no frames between ${seconds(missed?.from ?? 0)} and ${seconds(missed?.to ?? 0)}: nothing was recorded there.`,
    ],
    [
      seen.grown && seen.complete && stop === null,
      'unfinished',
      `grew while it was read, so it is still being written: what was there was used, up to ${until}.`,
    ],
    [
      unended,
      'unfinished',
      `has no end mark (EXT-X-ENDLIST): it is still being written, or live; what it lists was used, up to ${until}.`,
    ],
  ];
  const finding = findings.find(([found]) => found);
  if (finding === undefined) return report;
  const [, code, message] = finding;
  const detail = { ...(failed ?? tallies[0])?.detail, stderr: [...leftOut, ...messages], pts: last };
  return { ...report, damage: { code, message: `"${source.label}" ${message}`, detail } };
}
