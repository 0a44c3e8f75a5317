import path from 'node:path';
import { formatIso } from '../../archive/clock/iso-time.ts';
import { formatLocal } from '../../archive/clock/time-zone.ts';
import { makeReport, saveReport } from '../../archive/report/make-report.ts';
import { countsText } from '../../archive/report/report-counts.ts';
import { EXIT, UsageError } from '../../core/failures.ts';
import { streamSink } from '../../storage/stream-sink.ts';
import { writeJson, writeNote } from '../terminal.ts';

/** The flags of `report`. */
export interface ReportFlags {
  readonly date?: string;
  readonly since?: string;
  readonly until?: string;
  readonly output?: string;
  readonly state?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `secondglance report`: returns the exit code. Throws as `makeReport` and `saveReport`. */
export async function runReport(flags: ReportFlags): Promise<number> {
  const { output: target, force = false, quiet = false, json = false, ...request } = flags;
  if (target === '') throw new UsageError('-o needs the name of a file');
  if (target === '-' && json) throw new UsageError('-o - and --json cannot be combined');
  const made = await makeReport(request);
  if (target === '-') {
    await streamSink(process.stdout).write(made.html);
    return EXIT.done;
  }
  const { counts, zone } = made;
  const { since, until } = made.report;
  const day = formatLocal(until - 1, zone).slice(0, 10);
  const output = path.resolve(target ?? `secondglance-report-${day}.html`);
  const notes = await saveReport(made, output, force);
  if (!quiet) for (const note of notes) writeNote(`${path.basename(output)}: ${note}`);
  if (json) {
    const span = { since: formatIso(since, zone), until: formatIso(until, zone) };
    writeJson({ event: 'report', output, ...span, ...counts });
  } else if (!quiet) {
    writeNote(`${countsText(counts)} -> ${output}`);
  }
  return EXIT.done;
}
