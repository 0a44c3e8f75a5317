import { pathToFileURL } from 'node:url';
import { escapeHtml, htmlPage } from '../../core/text/html.ts';
import { clockText, counted } from '../../core/text/wording.ts';
import { formatLocal, formatOffset, startOfDay } from '../clock/time-zone.ts';
import { supportText } from '../index/event-support.ts';
import { isLivePath } from '../index/live-cues.ts';
import type { Recording } from '../recordings/recordings.ts';
import type { WatchSession } from '../recordings/work-sessions.ts';
import { formatHour, type Span } from './axis.ts';
import type { CameraReport, Moment, RecordingIssue, Report } from './report.ts';
import { countsOf, countsText } from './report-counts.ts';
import { STYLE } from './report-style.ts';
import { timelineOf } from './timeline.ts';

/** The picture of a moment, as a data URL. */
export type PictureOf = (moment: Moment) => string | undefined;

/** Facts about the page itself. */
export interface PageFacts {
  /** The recorders' zone, as IANA names it. */
  readonly zone: string;
  /** Name and version of the program. */
  readonly tool: string;
  /** When the page was made. */
  readonly now: number;
}

/** Moments that are listed for one hour; the others are only counted. */
const MOST_AN_HOUR = 20;

/** A name from outside, isolated so that its text direction cannot affect the page. */
function named(text: string): string {
  return `<bdi>${escapeHtml(text.replace(/\p{Cc}/gu, '\uFFFD'))}</bdi>`;
}

/** `22:05` within a day; with the date where the span is longer. */
function whenText(epoch: number, { since, until, zone }: Span): string {
  const date = until - since > 2 * 86_400_000 ? `${formatLocal(epoch, zone).slice(5, 10)} ` : '';
  return `${date}${formatLocal(epoch, zone).slice(11)}`;
}

/** A link that plays the recording at a moment. Of a live stream there is none. */
function playLink({ hit }: Moment, inner: string): string {
  if (isLivePath(hit.file)) return inner;
  return `<a href="${escapeHtml(`${pathToFileURL(hit.file).href}#t=${hit.offset / 1000}`)}">${inner}</a>`;
}

function sessionLine(session: WatchSession, { zone }: PageFacts): string {
  const { began, ended, until, done, partial, failed, gone, plans, video, work, remaining, remainingVideo } = session;
  const window = until === null ? '' : `, in a window until ${formatHour(until, zone)}`;
  const described = done + partial;
  const ways = [
    ...(plans.full > 0 ? [`${plans.full} in full`] : []),
    ...(plans.sparse > 0 ? [`${plans.sparse} with fewer keyframes`] : []),
    ...(plans.once > 0 ? [`${plans.once} with fewer keyframes and one pass instead of two`] : []),
  ].join(', ');
  const short = plans.sparse + plans.once > 0 ? ', because the time window was too short' : '';
  const parts = [
    `${counted(described, 'recording')} described${ways === '' ? '' : ` (${ways}${short})`}`,
    ...(partial > 0 ? [`${partial} of these in part`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(gone > 0 ? [`${gone} removed before their turn`] : []),
    `${clockText(video / 1000)} of video in ${clockText(work / 1000)} of work`,
    remaining === 0
      ? 'nothing remained'
      : `${counted(remaining, 'recording')} remained (${clockText(remainingVideo / 1000)})`,
  ];
  const to = ended === null ? '' : ` to ${formatLocal(ended, zone).slice(0, 16)}`;
  return `<li><b>${formatLocal(began, zone).slice(0, 16)}${to}</b>${window}: ${parts.join('; ')}.</li>`;
}

const WHAT: Readonly<Record<RecordingIssue['what'], string>> = {
  failed: 'failed',
  partial: 'in part',
  gone: 'gone',
  waits: 'waits',
  unfinished: 'unfinished',
  clock: 'wrong clock',
};

function issuesOf(issues: readonly RecordingIssue[], span: Span): string {
  if (issues.length === 0) return '';
  const lines = issues.map(({ camera, file, start, what, why }) => {
    const reason = escapeHtml(why.replaceAll(`"${file}"`, 'it'));
    const who = camera === '' ? '' : ` ${named(camera)}`;
    return `<li><b>${whenText(start, span)}</b>${who} <b class="${what}">${WHAT[what]}</b>: ${reason}<br><code>${named(file)}</code></li>`;
  });
  return `<section id="troubles">
<h2>${issues.some(({ what }) => what === 'clock') ? 'Not captioned, only in part, or with a wrong clock' : 'Not captioned, or only in part'}</h2>
<ul class="troubles">
${lines.join('\n')}
</ul>
</section>`;
}

function momentLine(moment: Moment, span: Span): string {
  const again = moment.times > 1 ? ` <small>until ${whenText(moment.end, span)}</small>` : '';
  const { support } = moment.hit;
  const agreed = support === null ? '' : ` <small>${supportText(support)}</small>`;
  return `<li>${playLink(moment, whenText(moment.start, span))} ${escapeHtml(moment.text)}${agreed}${again}</li>`;
}

/** The moments by hour. */
function hoursOf(moments: readonly Moment[], span: Span): string {
  const hours = new Map<string, Moment[]>();
  for (const moment of moments) {
    // With the offset, which tells the two apart when an hour is repeated at the end of summer time.
    const hour = `${formatLocal(moment.start, span.zone).slice(0, 13)}:00 ${formatOffset(moment.start, span.zone)}`;
    hours.set(hour, [...(hours.get(hour) ?? []), moment]);
  }
  return [...hours]
    .map(([hour, all]) => {
      const lines = all.slice(0, MOST_AN_HOUR).map((moment) => momentLine(moment, span));
      const more = all.length - lines.length;
      const rest = more > 0 ? [`<li class="soft">and ${more} more: secondglance search finds them</li>`] : [];
      return `<h3>${hour.slice(0, 16)}</h3>\n<ul class="moments">\n${[...lines, ...rest].join('\n')}\n</ul>`;
    })
    .join('\n');
}

function figureOf(moment: Moment, picture: string, span: Span): string {
  const when = whenText(moment.start, span);
  const text = escapeHtml(moment.text);
  return `<figure>${playLink(moment, `<img src="${picture}" alt="${text}">`)}<figcaption>${when} ${text}</figcaption></figure>`;
}

/** Milliseconds of video within a span: a recording over midnight counts in part on both days. */
function videoWithin(recordings: readonly Recording[], { since, until }: Span): number {
  return recordings.reduce((sum, { start, duration }) => {
    return sum + Math.max(0, Math.min(until, start + duration) - Math.max(since, start));
  }, 0);
}

function guessedText(guessed: number, all: number): string {
  const whose = guessed === all ? (all === 1 ? 'its time is' : 'their times are') : `the times of ${guessed} are`;
  return `${whose.charAt(0).toUpperCase()}${whose.slice(1)} guessed from when the file was last changed, because neither name nor container says when it began (watch --names PATTERN)`;
}

function cameraOf(camera: CameraReport, span: Span, pictureOf: PictureOf): string {
  const { name, recordings, moments } = camera;
  const guessed = recordings.filter(({ startFrom }) => startFrom === 'mtime').length;
  const figures = moments.flatMap((moment) => {
    const picture = pictureOf(moment);
    return picture === undefined ? [] : [figureOf(moment, picture, span)];
  });
  return [
    '<section class="camera">',
    `<h2>${named(name === '' ? '/' : name)}</h2>`,
    `<p class="soft">${counted(recordings.length, 'recording')}, ${clockText(videoWithin(recordings, span) / 1000)}; ${counted(moments.length, 'moment')} in which something moved</p>`,
    ...(guessed === 0 ? [] : [`<p class="soft guessed">${guessedText(guessed, recordings.length)}</p>`]),
    timelineOf(camera, span),
    ...(figures.length > 0 ? [`<div class="pictures">\n${figures.join('\n')}\n</div>`] : []),
    hoursOf(moments, span),
    '</section>',
  ].join('\n');
}

/** `2026-11-24`, or `2026-11-24 07:00 to 2026-11-25 07:00`. */
function titleOf({ since, until }: Report, zone: string): string {
  const day = formatLocal(since, zone);
  if (startOfDay(since, zone) === since && startOfDay(since, zone, 1) === until) return day.slice(0, 10);
  return `${day.slice(0, 16)} to ${formatLocal(until, zone).slice(0, 16)}`;
}

/**
 * A report as one self-contained HTML file without scripts. Its content security policy allows nothing but its own style and
 * pictures; its links open the recordings on this machine.
 */
export function reportToHtml(report: Report, facts: PageFacts, pictureOf: PictureOf): string {
  const { zone, tool, now } = facts;
  const span: Span = { since: report.since, until: report.until, zone };
  const { cameras, sessions, issues, backlog, messages } = report;
  const counts = countsOf(report);
  const title = `Cameras, ${titleOf(report, zone)}`;
  const remains =
    backlog.recordings === 0
      ? 'No recording is waiting.'
      : `${counted(backlog.recordings, 'recording')} (${clockText(backlog.video / 1000)}) of any day ${backlog.recordings === 1 ? 'is' : 'are'} waiting.`;
  const undelivered = messages === 0 ? '' : ` ${counted(messages, 'notification')} could not be delivered yet.`;
  const body = `<header>
<h1>${escapeHtml(title)}</h1>
<p>${countsText(counts)}. ${remains}${undelivered}</p>
${sessions.length === 0 ? '' : `<h2>Sessions</h2>\n<p class="soft">What was worked on in this time, whenever it was recorded.</p>\n<ul>\n${sessions.map((session) => sessionLine(session, facts)).join('\n')}\n</ul>`}
</header>
<main>
${issuesOf(issues, span)}
${cameras.length === 0 ? '<p>Nothing was recorded.</p>' : '<p class="key"><i class="bar done"></i> described <i class="bar partial"></i> in part <i class="bar failed"></i> failed <i class="bar pending"></i> waits <i class="mark"></i> something moved</p>'}
${cameras.map((camera) => cameraOf(camera, span, pictureOf)).join('\n')}
</main>
<footer class="soft">Made ${formatLocal(now, zone)} by ${escapeHtml(tool)}; times are in ${escapeHtml(zone)}. The captions are machine-made and may be wrong.</footer>`;
  return htmlPage(title, STYLE, body);
}
