import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkDocument, type DocumentKind } from '../../captioning/outputs/check-target.ts';
import { stateDir } from '../../config/state-folder.ts';
import { orUsage, UsageError } from '../../core/failures.ts';
import { VERSION } from '../../core/version.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';
import { assertOverwritable, writeOutput } from '../../storage/output-manifest.ts';
import { parseMoment } from '../clock/time-window.ts';
import { startOfDay } from '../clock/time-zone.ts';
import { type OpenArchive, parseSpan, pictureOf, type SpanText, withArchive } from '../open-archive.ts';
import { gatherReport, latestEnd, type Moment, type Report } from './report.ts';
import { countsOf, type ReportCounts } from './report-counts.ts';
import { reportToHtml } from './report-html.ts';

/** Which time a report is about. Default: the last 24 hours. */
export interface ReportRequest extends SpanText {
  /** A day of the recorders' zone: `today`, `yesterday`, `2026-11-24`. */
  readonly date?: string | undefined;
  /** State file; default: the one in the state folder. */
  readonly state?: string | undefined;
}

/** A finished report. */
export interface MadeReport {
  readonly report: Report;
  /** The recorders' zone, as IANA names it. */
  readonly zone: string;
  /** The page. */
  readonly html: string;
  readonly counts: ReportCounts;
}

const DAY_MS = 86_400_000;
/** Most pictures of one camera. */
const MOST_PICTURES = 24;

/**
 * The day that `date` names in the recorders' zone: `today`, `yesterday`, `2026-11-24`. Milliseconds since 1970. Throws a UsageError.
 */
export function daySpan(date: string, zone: string, now: number): { readonly since: number; readonly until: number } {
  if (!/^(today|yesterday|\d{4}-\d\d-\d\d)$/i.test(date)) {
    throw new UsageError(`--date ${date}: not a day; write today, yesterday or 2026-11-24`);
  }
  const day = orUsage(() => parseMoment(date, '--date', zone, now));
  return { since: startOfDay(day, zone), until: startOfDay(day, zone, 1) };
}

function spanOf(
  { date, since, until }: ReportRequest,
  zone: string,
  now: number,
  latest: number,
): { since: number; until: number } {
  if (date !== undefined) {
    if (since !== undefined || until !== undefined) {
      throw new UsageError('--date cannot be combined with --since and --until');
    }
    return daySpan(date, zone, now);
  }
  const span = parseSpan({ ...(since && { since }), ...(until && { until }) }, zone);
  const end = span.until ?? latest;
  const from = span.since ?? (span.until ?? now) - DAY_MS;
  if (from >= end) throw new UsageError(`--since ${since} is in the future: the range is empty`);
  return { since: from, until: end };
}

/** The moments whose pictures the page shows: evenly spread, and the most confident within each part. */
function pictured({ moments }: Report['cameras'][number], file: string): Map<Moment, string> {
  const candidates = moments.flatMap((moment): [Moment, string][] => {
    const picture = pictureOf(file, moment.hit);
    return picture === undefined ? [] : [[moment, picture]];
  });
  const parts = Math.min(MOST_PICTURES, candidates.length);
  const chosen = Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * candidates.length) / parts);
    const to = Math.floor(((part + 1) * candidates.length) / parts);
    const [best] = candidates.slice(from, to).sort(([a], [b]) => b.hit.confidence - a.hit.confidence);
    return best;
  });
  return new Map(chosen.filter((one) => one !== undefined));
}

async function loadPictures(report: Report, file: string): Promise<Map<Moment, string>> {
  const pictures = new Map<Moment, string>();
  for (const camera of report.cameras) {
    for (const [moment, picture] of pictured(camera, file)) {
      const bytes = await readFile(picture).catch(() => undefined);
      if (bytes !== undefined) pictures.set(moment, `data:image/jpeg;base64,${bytes.toString('base64')}`);
    }
  }
  return pictures;
}

/** Makes a report on an open archive, with its page. Throws a UsageError. */
export async function reportOn(
  { db, file, zone }: OpenArchive,
  request: Omit<ReportRequest, 'state'>,
  now: number = Date.now(),
): Promise<MadeReport> {
  const span = spanOf(request, zone, now, latestEnd(db, now));
  const report = gatherReport(db, span.since, span.until);
  const pictures = await loadPictures(report, file);
  const facts = { zone, tool: `secondglance ${VERSION}`, now };
  const html = reportToHtml(report, facts, (moment) => pictures.get(moment));
  return { report, zone, html, counts: countsOf(report) };
}

/** Makes a report, with its page. Throws a UsageError; `state-missing` and the like. */
export function makeReport({ state, ...request }: ReportRequest, now: number = Date.now()): Promise<MadeReport> {
  return withArchive(state, (archive) => reportOn(archive, request, now));
}

const PAGE: DocumentKind = { name: 'report', endings: ['.html', '.htm'] };

/**
 * Writes a report's page to a file; returns notes for the user. Throws an OutputExistsError where that would overwrite a
 * foreign file; an OutputError, also for media and for a name that ends otherwise, `force` or not.
 */
export async function saveReport({ html }: MadeReport, output: string, force: boolean): Promise<readonly string[]> {
  await checkDocument(output, PAGE);
  // A report changes with every run, so that an earlier one may always be replaced.
  if (!force) await assertOverwritable(stateDir(), output, { kind: 'report', key: '' });
  await ensureFolder(path.dirname(output));
  return writeOutput(stateDir(), output, { key: 'report' }, html);
}
