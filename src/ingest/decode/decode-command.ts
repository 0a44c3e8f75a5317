import ffmpegCommand from 'fluent-ffmpeg';
import type { ImageSpec, Micros } from '../../core/types.ts';
import type { FfmpegTools } from '../ffmpeg/find-ffmpeg.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import { decodesInParts } from '../probe/packet-times.ts';
import { microsToSeconds } from '../probe/rational.ts';
import type { FfmpegInput } from '../sources/ffmpeg-input.ts';
import { type FrameSelection, filterGraph } from './filters.ts';

/** Messages with their level, and no questions at a terminal. */
const MESSAGES = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];

/** What ffmpeg decodes. */
export interface DecodeSettings {
  readonly media: MediaInfo;
  readonly image: ImageSpec;
  readonly selection: FrameSelection;
  /** Decode key frames only. For codecs whose decoders support it; this is not checked. */
  readonly keysOnly: boolean;
  /** Source time to seek to; null decodes from the start. */
  readonly seek: Micros | null;
}

/**
 * The arguments of an ffmpeg that writes raw RGB frames to its stdout. Built by fluent-ffmpeg, but not run by it: its runner queries the
 * encoders first, and reports neither exit code nor signal.
 */
export function decodeArguments(address: FfmpegInput, settings: DecodeSettings, tools: FfmpegTools): string[] {
  const { media, image, selection, keysOnly, seek } = settings;
  // ffmpeg counts from the container's start. The filter drops frames before the range by their exact times.
  const seeking = seek === null ? [] : ['-noaccurate_seek', '-ss', microsToSeconds(seek - media.start)];
  const keys = keysOnly ? ['-skip_frame', 'nokey'] : [];
  // Where another Theora recording follows in the stream, its decoder starts again only without threads.
  const threads = media.codec === 'theora' && !decodesInParts(media) ? ['-threads', '1'] : [];
  const zscale = tools.hasFilter('zscale');
  // A new filter graph, for each change of the frame size, would start counting again. Ours follows such a change; ffmpeg's own rotation does not.
  const graph = media.mirrored ? [] : ['-noautorotate', '-reinit_filter', '0'];
  // Spread arguments: fluent-ffmpeg splits the strings of an array at spaces.
  return (
    ffmpegCommand(address.input)
      .inputOptions(...[...MESSAGES, ...address.options, '-copyts', ...seeking, ...keys, ...threads, ...graph])
      // ffmpeg must not hold a frame back until the next one, which may be minutes away: no frame threads for the raw output (each
      // holds one frame back), and no output buffer.
      .outputOptions(...['-map', `0:${media.stream}`, ...tools.passthrough, '-threads', '1', '-flush_packets', '1'])
      .videoFilters(filterGraph(media, image, selection, zscale).join(','))
      .format('rawvideo')
      .output('pipe:1')
      ._getArguments()
  );
}
