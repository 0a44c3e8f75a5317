import type { DecodeTally, Frame } from '../decode/decode-frames.ts';
import { frameAt } from '../decode/frame-at.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import { decodesInParts } from '../probe/packet-times.ts';
import { type CandidateRequest, decode, decodeShown, repetition } from './decodings.ts';
import { withFrameAtStart } from './held-frames.ts';
import { keysOfStream, keysWithFilledGaps } from './key-frames.ts';

/** Codecs whose ffmpeg decoders honour `-skip_frame nokey`. Those of AV1, VP9 and GIF decode everything. */
const KEYS_ALONE: ReadonlySet<string> = new Set(
  'h264 hevc mpeg1video mpeg2video mpeg4 msmpeg4v2 msmpeg4v3 h263 flv1 wmv1 wmv2 vp8'.split(' '),
);
/** Codecs in which every frame is a key frame. */
const ALL_INTRA: ReadonlySet<string> = new Set(
  'mjpeg prores dnxhd ffv1 rawvideo png dvvideo cfhd huffyuv ffvhuff utvideo jpeg2000 qtrle'.split(' '),
);

/**
 * Decodes the frames that a selector asks for. `tallies` collects one tally per decoding, in the order of their start.
 *
 * For `sampled`, only key frames are decoded where the codec can do that and they have times of their own, and then the gaps between two of them (and
 * after the last one) at one frame a second; other codecs are decoded once from start to end.
 */
export async function* candidateFrames(
  request: CandidateRequest,
  tallies: DecodeTally[],
): AsyncGenerator<Frame, void, void> {
  const { candidates, media, source } = request;
  const keysAlone = KEYS_ALONE.has(media.codec) && decodesInParts(media);
  const frames = (): AsyncGenerator<Frame, void, void> => {
    if (candidates.pick === 'all') return decode(request, tallies, { pick: 'all' });
    if (candidates.pick === 'keys') return keysOfStream(request, tallies, keysAlone);
    if (candidates.pick === 'interval') return decodeShown(request, tallies, { pick: candidates });
    if (keysAlone && source.kind !== 'url' && !isPlaylist(media)) {
      return keysWithFilledGaps(request, tallies, candidates);
    }
    return decodeShown(request, tallies, { pick: ALL_INTRA.has(media.codec) ? 'spaced' : 'sampled' });
  };
  const { from } = request;
  if (from === null) yield* frames();
  else {
    const shown = () => frameAt(source, media, from - media.start, request.image, request.signal, request.stallMs);
    yield* withFrameAtStart(frames(), { from, shown, interval: repetition(candidates), end: request.end });
  }
}

function isPlaylist(media: MediaInfo): boolean {
  return media.container.includes('hls');
}
