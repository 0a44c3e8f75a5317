import type { Micros } from '../../core/types.ts';
import type { PacketTimes } from './packet-times.ts';
import type { Rational } from './rational.ts';

/** The properties of a source before decoding. Null where the file does not say. */
export interface MediaInfo {
  /** ffmpeg's name of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`; `picture` for a still. */
  readonly container: string;
  /** Index of the chosen video stream in the file. */
  readonly stream: number;
  readonly codec: string;
  /** Coded size in pixels, before rotation. */
  readonly width: number;
  readonly height: number;
  /** Clockwise rotation for display: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Present where the display matrix does more than that: it mirrors the frame, or turns it by another angle. ffmpeg itself follows it. */
  readonly mirrored?: true;
  /** Width to height of one pixel, before rotation. */
  readonly sampleAspect: Rational;
  /** Mean frames a second. */
  readonly frameRate: Rational | null;
  readonly pixelFormat: string | null;
  /** Colour transfer, such as `bt709` or `smpte2084`. */
  readonly transfer: string | null;
  readonly primaries: string | null;
  /** YCbCr matrix, such as `bt709` or `smpte170m`. */
  readonly matrix: string | null;
  readonly range: 'tv' | 'pc' | null;
  /** True for PQ and HLG, which need tone mapping. */
  readonly hdr: boolean;
  /** The container's start on the source's own clock: the zero of a track. */
  readonly start: Micros;
  /** Start of the chosen stream on the same clock. */
  readonly videoStart: Micros;
  /** End of the chosen stream on the same clock, as the file claims. */
  readonly videoEnd: Micros | null;
  /** Length of the whole container, as the file claims. */
  readonly duration: Micros | null;
  /** Pictures of an animation of which only the first is read; absent for all others. */
  readonly pictures?: number;
  /** What the packets of the chosen stream say of presentation times. */
  readonly times: PacketTimes;
  /** Present where the container names no length: `duration` was counted from its packets. */
  readonly counted?: true;
  /** Present where another recording was appended to the file, which ffmpeg does not read. */
  readonly unread?: true;
  /** True for a playlist without an end mark: one that is still being written, or a live stream. */
  readonly unended: boolean;
  /** How many bytes the file is shorter than its header says; 0 where the header does not say. */
  readonly bytesMissing: number;
  /** Number of subtitle streams. */
  readonly subtitles: number;
}
