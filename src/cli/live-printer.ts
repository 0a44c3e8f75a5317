import { formatIso } from '../archive/clock/iso-time.ts';
import { formatLocal, systemZone } from '../archive/clock/time-zone.ts';
import { supportText } from '../archive/index/event-support.ts';
import { counted } from '../core/text/wording.ts';
import type { LiveEvent, LiveOutput, LiveVideoEvent, StateChange } from '../live/live-event.ts';
import type { LiveSummary, SourceSummary } from '../live/live-summary.ts';
import { recordedAt } from '../live/segments/recorded-at.ts';
import { writeJson, writeLine, writeNote } from './terminal.ts';

/** Prints events, notes and the summary of `live`. */
export interface LivePrinter extends LiveOutput {
  note(line: string): void;
  summary(summary: LiveSummary): void;
}

function withTimes(event: LiveEvent, zone: string): object {
  const time = (epoch: number): string => formatIso(epoch, zone);
  if (event.kind === 'cue' || event.kind === 'open-cue' || event.kind === 'event') {
    const { segment, start, end } = event;
    return { ...event, start: time(start), end: time(end), segment: undefined, ...recordedAt(segment, start) };
  }
  if (event.kind === 'state') {
    const retryAt = event.retryAt === undefined ? {} : { retryAt: time(event.retryAt) };
    return { ...event, since: time(event.since), ...retryAt };
  }
  if (event.kind === 'skipped') return { ...event, at: time(event.at) };
  const { segment, at } = event;
  return { ...event, at: time(at), segment: undefined, ...recordedAt(segment, at) };
}

/** NDJSON on stdout: `{"event":"state"|"caption"|"event"|"cue"|"skipped"|"note"|"summary", ...}`. */
export function jsonLivePrinter(): LivePrinter {
  const zone = systemZone();
  return {
    usesPictures: false,
    async write(event) {
      if (event.kind === 'open-cue') return;
      const { kind, picture: _, ...rest } = { picture: undefined, ...event };
      writeJson({ event: kind, ...withTimes({ kind, ...rest } as LiveEvent, zone), kind: undefined });
    },
    close: async () => undefined,
    note: (message) => writeJson({ event: 'note', message }),
    summary: (summary) => writeJson({ event: 'summary', ...summary }),
  };
}

function eventLine({ source, start, end, text, support, frames }: LiveVideoEvent, zone: string): string {
  const [from, to] = [start, end].map((time) => formatLocal(time, zone).slice(11));
  return `${from} to ${to}, ${source}: ${text} ${supportText({ support, frames })}`;
}

function stateLine({ source, state, reason, retryAt }: StateChange): string {
  if (state === 'connecting') return `${source}: ${reason ?? 'connecting'}`;
  if (state !== 'failed') return `${source}: ${state}${reason === undefined ? '' : ` (${reason})`}`;
  return `${source}: ${reason ?? 'failed'}${retryAt === undefined ? ' It is not tried again.' : ' It is tried again.'}`;
}

function figures({ captions, cues, behind, still, failed, blank, lost }: SourceSummary): string {
  const more = [
    [behind, 'frames skipped because newer ones came'],
    [still, 'frames without a change'],
    [blank, 'frames that show nothing'],
    [failed, 'frames not captioned'],
    [lost, 'times disconnected'],
  ] as const;
  const parts = more.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [counted(captions, 'caption'), counted(cues, 'cue'), ...parts].join(', ');
}

/** Captions on stdout, one a line; everything else on stderr, unless `quiet`. */
export function humanLivePrinter({ quiet }: { readonly quiet: boolean }): LivePrinter {
  const zone = systemZone();
  const said = new Map<string, string>();
  return {
    usesPictures: false,
    async write(event) {
      if (event.kind === 'caption' && event.text !== '') {
        writeLine(`${formatLocal(event.at, zone)} ${event.source}: ${event.text}`);
      }
      if (event.kind === 'event' && event.text !== '') writeLine(eventLine(event, zone));
      if (event.kind !== 'state') return;
      const line = stateLine(event);
      // A source that stays away is tried again and again for the same reason.
      if (said.get(event.source) === line || (quiet && event.state !== 'failed')) return;
      said.set(event.source, line);
      writeNote(line);
    },
    close: async () => undefined,
    note: writeNote,
    summary({ sources, latency }) {
      if (quiet) return;
      for (const source of sources) writeNote(`${source.source}: ${figures(source)}`);
      if (latency !== undefined) {
        const [median, p95] = [latency.median, latency.p95].map((ms) => (ms / 1000).toFixed(1));
        writeNote(`from frame to caption: median ${median} s, 95th percentile ${p95} s`);
      }
    },
  };
}
