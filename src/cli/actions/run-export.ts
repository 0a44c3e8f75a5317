import path from 'node:path';
import { type Clip, exportClips } from '../../archive/clips/export-clips.ts';
import { formatIso } from '../../archive/clock/iso-time.ts';
import { formatLocal, formatOffset } from '../../archive/clock/time-zone.ts';
import { problemOf } from '../../captioning/summary.ts';
import { parseTime } from '../../config/flag-values.ts';
import type { SecondGlanceError } from '../../core/errors.ts';
import { EXIT } from '../../core/failures.ts';
import { onInterrupted } from '../../core/lifetime/interruption.ts';
import { writeJson, writeNote } from '../terminal.ts';

/** The flags of `export`. */
export interface ExportFlags {
  readonly output?: string;
  readonly before: string;
  readonly after: string;
  readonly state?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

function printClip(id: string, clip: Clip, zone: string, { json, quiet }: ExportFlags): void {
  const { state, output, began, duration, way, notes = [] } = clip;
  if (json === true) {
    const what = { id, state, output, time: formatIso(began, zone), duration, ...(way === undefined ? {} : { way }) };
    writeJson({ event: 'end', ...what });
  } else if (quiet !== true) {
    const when = `${formatLocal(began, zone)} ${formatOffset(began, zone)}`;
    const how = state === 'skipped' ? 'up to date' : `${duration.toFixed(1)} s, ${way}`;
    for (const note of notes) writeNote(`${path.basename(output)}: ${note}`);
    writeNote(`${id}: from ${when}, ${how} -> ${output}`);
  }
}

function printFailure(id: string, error: SecondGlanceError, { json, verbose = false }: ExportFlags): void {
  const problem = problemOf(error, verbose);
  const event = { event: 'end', id, state: 'failed', problems: [problem] };
  if (json === true) writeJson(event);
  else writeNote([problem.message, ...(problem.detail ?? [])].join('\n  '));
}

/** `secondglance export`: returns the exit code, undefined where `signal` ended it. Throws as `exportClips`. */
export async function runExport(
  ids: readonly string[],
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { before, after, output, state, force } = flags;
  const margins = {
    before: Math.round(parseTime(before, '--before') / 1000),
    after: Math.round(parseTime(after, '--after') / 1000),
  };
  onInterrupted(signal, () => process.stderr.write('secondglance: stopping\n'));
  const { exported, failed } = await exportClips(
    { ids, margins, output, state, force },
    {
      signal,
      onClip: (id, clip, zone) => printClip(id, clip, zone, flags),
      onFailure: (id, error) => printFailure(id, error, flags),
    },
  );
  if (signal.aborted) return undefined;
  return failed === 0 ? EXIT.done : exported > 0 ? EXIT.partial : EXIT.failed;
}
