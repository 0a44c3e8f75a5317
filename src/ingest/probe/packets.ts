import { createInterface } from 'node:readline';
import { startProcess } from '../../core/process/run-process.ts';
import type { Micros } from '../../core/types.ts';
import { throwIfAborted } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { machineFailure } from '../ffmpeg/machine-failure.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { PROBE_TIMEOUT_MS, timedOut } from './ffprobe.ts';
import { secondsToMicros } from './rational.ts';

/** A packet of a file, as its container describes it. */
export interface Packet {
  readonly pts: Micros | null;
  readonly dts: Micros | null;
  readonly duration: Micros | null;
  /** In bytes. */
  readonly size: number;
  /** Where it begins in the file, in bytes. */
  readonly position: number | null;
  readonly key: boolean;
}

/**
 * Reads packets in file order, without decoding them; leaving the loop ends ffprobe. Throws `decoder-killed`, `timed-out`, `aborted`.
 * @param selection ffprobe's options for which packets
 */
export async function* packets(
  source: Source,
  container: string,
  selection: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Packet, void, void> {
  const { ffprobe } = await findFfmpeg();
  const { input, options, env } = await ffmpegInput(source, container);
  const query = ['-show_entries', 'packet=pts_time,dts_time,duration_time,size,pos,flags', '-of', 'csv=p=0'];
  // A whole file takes as long as its disk needs; a server has to answer.
  const limit = source.kind === 'url' ? AbortSignal.timeout(PROBE_TIMEOUT_MS) : undefined;
  const process = await startProcess({
    program: ffprobe,
    args: ['-v', 'error', ...options, ...selection, ...query, '-i', input],
    env,
    signal: limit === undefined ? signal : AbortSignal.any([signal, limit]),
  });
  try {
    for await (const line of createInterface({ input: process.stdout })) {
      const fields = line.split(',');
      const [pts, dts, duration] = fields.map((field) => secondsToMicros(field));
      const [size = 0, position = Number.NaN] = fields.slice(3, 5).map((field) => Number.parseInt(field, 10));
      // Side data make lines of their own.
      if (pts !== undefined && dts !== undefined && duration !== undefined) {
        const key = fields[5]?.includes('K') ?? false;
        yield { pts, dts, duration, size, position: Number.isNaN(position) ? null : position, key };
      }
    }
    await process.ended;
    throwIfAborted(signal, source.label);
    if (limit?.aborted) throw timedOut(source.label, process.detail());
    const killed = await machineFailure(source, process.detail(), process.cause());
    if (killed !== undefined) throw killed;
  } finally {
    await process.stop();
  }
}
