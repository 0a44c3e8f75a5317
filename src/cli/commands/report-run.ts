import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isoText } from '../../archive/clock/iso-time.ts';
import { parseMoment } from '../../archive/clock/time-window.ts';
import { formatLocal, startOfDay } from '../../archive/clock/time-zone.ts';
import { parseSpan, pictureOf, withArchive } from '../../archive/open-archive.ts';
import { gatherReport, type Moment, type Report } from '../../archive/report/report.ts';
import { reportToHtml } from '../../archive/report/report-html.ts';
import { EXIT, orUsage, UsageError } from '../../core/failures.ts';
import { VERSION } from '../../core/version.ts';
import { counted } from '../../core/wording.ts';
import { ensureFolder } from '../../storage/ensure-folder.ts';
import { assertOverwritable, writeOutput } from '../../storage/output-manifest.ts';
import { stateDir } from '../../storage/state-folder.ts';
import { streamSink } from '../../storage/stream-sink.ts';

/** The flags of `report` as commander hands them over. */
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

const DAY_MS = 86_400_000;
/** Pictures of one camera: what a page of several cameras can hold and a person look through. */
const MOST_PICTURES = 24;

/** The span that the flags name: a day of the place, from one moment to another, or the last 24 hours. */
function spanOf({ date, since, until }: ReportFlags, zone: string, now: number): { since: number; until: number } {
  if (date !== undefined) {
    if (since !== undefined || until !== undefined) throw new UsageError('--date goes without --since and --until');
    if (!/^(today|yesterday|\d{4}-\d\d-\d\d)$/i.test(date)) {
      throw new UsageError(`--date ${date}: not a day; write today, yesterday or 2026-11-24`);
    }
    const day = orUsage(() => parseMoment(date, '--date', zone, now));
    return { since: startOfDay(day, zone), until: startOfDay(day, zone, 1) };
  }
  const span = parseSpan({ ...(since && { since }), ...(until && { until }) }, zone);
  const end = span.until ?? now;
  const from = span.since ?? end - DAY_MS;
  if (from >= end) throw new UsageError(`--since ${since} has not come yet: nothing lies between then and now`);
  return { since: from, until: end };
}

/** The moments whose pictures the page shows: evenly spread where there are many, the surest of each part. */
function pictured({ moments }: Report['cameras'][number], file: string): Map<Moment, string> {
  const able = moments.flatMap((moment): [Moment, string][] => {
    const picture = pictureOf(file, moment.hit);
    return picture === undefined ? [] : [[moment, picture]];
  });
  const parts = Math.min(MOST_PICTURES, able.length);
  const chosen = Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * able.length) / parts);
    const to = Math.floor(((part + 1) * able.length) / parts);
    const [best] = able.slice(from, to).sort(([a], [b]) => b.hit.confidence - a.hit.confidence);
    return best;
  });
  return new Map(chosen.filter((one) => one !== undefined));
}

async function picturesOf(report: Report, file: string): Promise<Map<Moment, string>> {
  const pictures = new Map<Moment, string>();
  for (const camera of report.cameras) {
    for (const [moment, picture] of pictured(camera, file)) {
      const bytes = await readFile(picture).catch(() => undefined);
      if (bytes !== undefined) pictures.set(moment, `data:image/jpeg;base64,${bytes.toString('base64')}`);
    }
  }
  return pictures;
}

/** Writes the page. Throws an OutputExistsError, an OutputError. */
async function publish(html: string, output: string, force: boolean): Promise<void> {
  if (output === '-') {
    await streamSink(process.stdout).write(html);
    return;
  }
  // What a page is of changes with every run: one of ours may always be replaced.
  if (!force) await assertOverwritable(stateDir(), output, { kind: 'report', key: '' });
  await ensureFolder(path.dirname(output));
  await writeOutput(stateDir(), output, { key: 'report' }, html);
}

/** `secondglance report`: returns the exit code. Throws a UsageError, or why there is no page. */
export async function runReport(flags: ReportFlags, now: number = Date.now()): Promise<number> {
  if (flags.output === '') throw new UsageError('-o needs the name of a file');
  if (flags.output === '-' && flags.json === true) throw new UsageError('-o - and --json exclude each other');
  await withArchive(flags.state, async ({ db, file, zone }) => {
    const span = spanOf(flags, zone, now);
    const report = gatherReport(db, span.since, span.until);
    const pictures = await picturesOf(report, file);
    const facts = { zone, tool: `secondglance ${VERSION}`, now };
    const html = reportToHtml(report, facts, (moment) => pictures.get(moment));
    const day = formatLocal(span.until - 1, zone).slice(0, 10);
    const output = flags.output === '-' ? '-' : path.resolve(flags.output ?? `secondglance-report-${day}.html`);
    await publish(html, output, flags.force ?? false);
    const of = (...states: string[]): number =>
      report.cameras.flatMap(({ recordings }) => recordings).filter(({ state }) => states.includes(state)).length;
    const counts = {
      cameras: report.cameras.length,
      described: of('done', 'partial'),
      failed: of('failed'),
      waiting: of('pending'),
      moments: report.cameras.reduce((sum, { moments }) => sum + moments.length, 0),
    };
    if (flags.json === true) {
      const when = { since: isoText(span.since, zone), until: isoText(span.until, zone) };
      process.stdout.write(`${JSON.stringify({ event: 'report', output, ...when, ...counts })}\n`);
    } else if (flags.quiet !== true && output !== '-') {
      const { cameras, described, failed, waiting } = counts;
      const what = `${counted(cameras, 'camera')}, ${described} described, ${failed} failed, ${waiting} waiting`;
      process.stderr.write(`${what} -> ${output}\n`);
    }
  });
  return EXIT.done;
}
