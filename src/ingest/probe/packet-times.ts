import type { Micros } from '../../core/types.ts';
import { appendedRecording } from '../sources/appended.ts';
import { isFragmented } from '../sources/mp4-boxes.ts';
import type { PlaylistTags } from '../sources/playlist-text.ts';
import type { Source } from '../sources/sources.ts';
import { PacketClock, type Pause, STEP_BACK } from './packet-clock.ts';
import { packets } from './packets.ts';

/**
 * What a stream's packets say of presentation times: asked once, by the probe. Everything that decodes a part of a video depends on it, because
 * a key frame that is decoded alone, or a frame after a seek, has only its packet's time.
 */
export interface PacketTimes {
  /** Every packet has a presentation time. AVI, raw streams and many program streams have none with B-frames. */
  readonly stamped: boolean;
  /** The clock is known to go on from the first packet to the last: it neither starts again nor jumps at an announced discontinuity. */
  readonly continuous: boolean;
  /** A playlist announces discontinuities: there the clock may jump in either direction. */
  readonly announced: boolean;
  /** The longest time for which no stream has a packet, though the container allows no such pause: something was not recorded. Source times. */
  readonly lost: Pause | null;
}

/** Whether a frame has its right time when the frames before it were not decoded. */
export function decodesInParts({ times }: { readonly times: PacketTimes }): boolean {
  return times.stamped && times.continuous;
}

/** Enough to reach the frames that follow the first key frame. */
const FIRST_PACKETS = ['-read_intervals', '%+#64'];
/** Containers with one clock, whatever was appended to the file; a fragmented MP4 is the exception. */
const ONE_CLOCK = /^(mov,|matroska|asf|avi|mxf)/;
/** Containers in which every stream has a time several times a second, also while its picture stands still. */
const STEADY = /^(mpegts|mpeg)$/;
/** What is known of a stream before its packets are read. */
export interface StreamHead {
  readonly stream: number;
  readonly container: string;
  /** The tags of the playlist, where it is one. */
  readonly playlist: PlaylistTags | undefined;
}

/** What the packets say. */
export interface PacketAnswer {
  readonly times: PacketTimes;
  /** Length of the video from its first packet on, each clock after the one before it; null where the packets were not read. */
  readonly length: Micros | null;
  /** Another recording was appended to the file, and ffmpeg does not read it. */
  readonly unread: boolean;
}

/**
 * Answers the question of {@link PacketTimes}. Local files whose container allows more than one clock are read once, without decoding; a remote
 * one is taken to have several. Throws `decoder-killed`, `timed-out`, `aborted`.
 */
export async function askPackets(source: Source, head: StreamHead, signal: AbortSignal): Promise<PacketAnswer> {
  const { container, playlist } = head;
  const announced = playlist?.discontinuous ?? false;
  const local = source.kind !== 'url';
  const oneClock = ONE_CLOCK.test(container) && !(local && (await hasSecondClock(source.input, container)));
  const whole = local && !oneClock && !announced;
  const { stamped, clock, last } = await readPackets(source, head, whole ? [] : FIRST_PACKETS, signal);
  const unread = local && (await appendedRecording(source.input, container, whole ? last : null)) === 'unread';
  if (whole) {
    const { pause } = clock;
    const lost =
      pause !== null && STEADY.test(container) && !(await hasPacketsIn(pause, source, head, signal)) ? pause : null;
    return {
      times: { stamped, continuous: stamped && clock.continuous, announced, lost },
      length: clock.length,
      unread,
    };
  }
  const continuous = stamped && !announced && (oneClock || playlist !== undefined);
  return { times: { stamped, continuous, announced, lost: null }, length: null, unread };
}

/** Whether a file of a container with one clock has several all the same: it is in fragments, or another recording follows. */
async function hasSecondClock(path: string, container: string): Promise<boolean> {
  if (container.startsWith('mov,')) return await isFragmented(path);
  return container.startsWith('matroska') && (await appendedRecording(path, container, null)) === 'read';
}

async function readPackets(
  source: Source,
  { container, stream }: StreamHead,
  interval: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly stamped: boolean; readonly clock: PacketClock; readonly last: number | null }> {
  let stamped = true;
  // Of what follows the recording ffmpeg may make one more packet.
  let [last, beforeLast]: (number | null)[] = [null, null];
  const clock = new PacketClock();
  for await (const { pts, dts, duration, position } of packets(
    source,
    container,
    [...interval, '-select_streams', String(stream)],
    signal,
  )) {
    if (pts === null) stamped = false;
    if (position !== null) [last, beforeLast] = [position, last];
    const time = dts ?? pts;
    if (time !== null) clock.next(time, duration);
  }
  return { stamped, clock, last: beforeLast ?? last ?? null };
}

/** Whether another stream, such as the sound, goes on while the video pauses. */
async function hasPacketsIn(
  pause: Pause,
  source: Source,
  { container }: StreamHead,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { pts } of packets(source, container, [], signal)) {
    if (pts !== null && pts > pause.from + STEP_BACK && pts < pause.to - STEP_BACK) return true;
  }
  return false;
}
