import path from 'node:path';
import { SecondGlanceError } from '../../core/errors.ts';
import type { Captioner } from '../../core/types.ts';
import { IngestError } from '../../ingest/errors.ts';
import { readKeyframes } from '../../ingest/keyframes.ts';
import { openSource } from '../../ingest/open.ts';
import { type MediaInfo, probe } from '../../ingest/probe.ts';
import type { Source } from '../../ingest/sources.ts';
import { type Journal, openJournal } from '../../pipeline/journal.ts';
import { openTrackSink, recordTrack } from '../../pipeline/ledger.ts';
import { DEFAULT_RULES } from '../../pipeline/rules.ts';
import { ensureFolder, streamSink, type TextSink } from '../../pipeline/sink.ts';
import type { TrackHeader, TrackWriter } from '../../pipeline/track.ts';
import { type TracksReport, writeTracks } from '../../pipeline/tracks.ts';
import { openTrackWriter } from '../../pipeline/writers.ts';
import { groupKeyframes } from '../../queue/groups.ts';
import { type GroupWork, runGroups } from '../../queue/in-process.ts';
import { VERSION } from '../version.ts';
import { captionOptions, digest, type Facts, sourceOf } from './identity.ts';
import { journalFolder } from './journals.ts';
import type { Target } from './outputs.ts';
import type { Reporter } from './progress.ts';
import type { CaptionSettings } from './settings.ts';
import { counted, damageProblem, type InputSummary, type Problem, roundSeconds } from './summary.ts';

/** What all inputs of a run share. */
export interface RunContext {
  readonly settings: CaptionSettings;
  readonly captioner: Captioner;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
}

/** One input of a run. */
export interface InputJob {
  readonly source: Source;
  /** What makes the input the same input; absent for stdin. */
  readonly identity: Facts | undefined;
  readonly targets: readonly Target[];
  /** Ledger key of the targets, but for their format. */
  readonly key: string;
  /** Where this input's lines of a collected `jsonl` go. */
  readonly lines?: TextSink;
}

/** An input's summary, and the journal file that is to be deleted once the collected file is complete. */
export interface InputOutcome {
  readonly summary: InputSummary;
  readonly journal?: string;
}

/** Not one keyframe got a caption: no track is better than an empty one. */
class NoCaptionsError extends SecondGlanceError<'captions-failed'> {
  constructor(keyframes: number, reason: string) {
    super('captions-failed', `not one of ${counted(keyframes, 'keyframe')} got a caption (${reason})`);
  }
}

/** The video ends before the range begins, or the range lies between two frames. */
class EmptyRangeError extends SecondGlanceError<'empty-range'> {
  constructor(label: string, media: MediaInfo) {
    const length = media.duration === null ? '' : `, which is ${(media.duration / 1e6).toFixed(1)} s long`;
    super('empty-range', `no frame of "${label}"${length}, lies between --from and --to: change the range`);
  }
}

async function openWriters(stateDir: string, job: InputJob, header: TrackHeader): Promise<TrackWriter[]> {
  const writers: TrackWriter[] = [];
  try {
    if (job.lines !== undefined) writers.push(await openTrackWriter('jsonl', job.lines, header));
    for (const { format, path: file } of job.targets) {
      if (file !== '-') await ensureFolder(path.dirname(file));
      const sink =
        file === '-' ? streamSink(process.stdout) : await openTrackSink(stateDir, file, sourceOf(job.identity));
      writers.push(await openTrackWriter(format, sink, header));
    }
    return writers;
  } catch (error) {
    await Promise.all(writers.map((writer) => writer.abort()));
    throw error;
  }
}

function headerOf(context: RunContext, source: Source, media: MediaInfo): TrackHeader {
  const { settings, captioner } = context;
  return {
    tool: { name: 'secondglance', version: VERSION },
    model: captioner.model,
    source: {
      name: source.name,
      label: source.label,
      start: media.start,
      facts: { container: media.container, codec: media.codec, width: media.width, height: media.height },
    },
    options: { ...captionOptions(settings), minConfidence: settings.minConfidence },
  };
}

function journalHeader(context: RunContext, job: InputJob, media: MediaInfo): Facts {
  const { captioner, settings } = context;
  return {
    // Stdin cannot come again: its journal is nobody's.
    input: job.identity ?? { stdin: process.pid, at: Date.now() },
    media: { codec: media.codec, width: media.width, height: media.height, duration: media.duration },
    options: captionOptions(settings),
    model: captioner.model.sha256,
    runtime: captioner.runtime,
  };
}

/** The range of the video that is asked for, in microseconds; undefined where its end is unknown. */
function durationOf({ from = 0, to }: CaptionSettings, media: MediaInfo): number | undefined {
  const end = media.duration === null ? to : Math.min(to ?? media.duration, media.duration);
  return end === undefined ? undefined : Math.max(0, end - from);
}

/** The captioner's work on a group, unless the journal has it already; durable before it counts. */
function durably(journal: Journal, captioner: Captioner): GroupWork {
  return async (group, signal) => {
    const durable = await journal.read(group.index);
    // The same file may have gone by another name: found in a folder then, named by itself now.
    if (durable !== undefined) return durable.map((caption) => ({ ...caption, video: group.video }));
    const captions = await captioner.caption(group, signal);
    // A group that failed is not durable: the next run tries it again.
    if (captions.every(({ error }) => error === undefined)) await journal.append(group.index, captions);
    return captions;
  };
}

/** Enters an input's finished tracks into the ledger. A partial one is ours, but not up to date: the next run may do better. */
async function recordTracks(stateDir: string, job: InputJob, tracks: TracksReport, whole: boolean): Promise<void> {
  // The writer of the collected lines, where there is one, comes before those of the targets.
  const offset = job.lines === undefined ? 0 : 1;
  for (const [at, { path: file, format }] of job.targets.entries()) {
    const sha256 = tracks.written[at + offset]?.sha256;
    if (file === '-' || sha256 === undefined) continue;
    const key = whole ? `${format} ${job.key}` : '';
    await recordTrack(stateDir, file, { key, sha256, source: sourceOf(job.identity) });
  }
}

async function captionOpened(context: RunContext, job: InputJob, source: Source): Promise<InputOutcome> {
  const { captioner, settings, signal, reporter, stateDir } = context;
  const began = performance.now();
  const media = await probe(source, { signal });
  const header = journalHeader(context, job, media);
  const journalFile = path.join(journalFolder(stateDir), `${digest(header)}.jsonl`);
  const journal = await openJournal(journalFile, header, { fresh: !settings.resume });
  try {
    const reader = readKeyframes(source, media, {
      choice: settings.choice,
      image: captioner.image,
      ...(settings.from === undefined ? {} : { from: settings.from }),
      ...(settings.to === undefined ? {} : { to: settings.to }),
      signal,
    });
    const duration = durationOf(settings, media);
    const zero = media.start + (settings.from ?? 0);
    const writers = await openWriters(stateDir, job, headerOf(context, source, media));
    let seen = 0;
    let failed = 0;
    /** Why the first keyframe without a caption has none. */
    let reason: string | undefined;
    const tracks: TracksReport = await writeTracks(
      runGroups(groupKeyframes(reader), durably(journal, captioner), { concurrency: captioner.concurrency, signal }),
      {
        rules: { ...DEFAULT_RULES, minConfidence: settings.minConfidence },
        zero: media.start,
        writers,
        limit: 4 * captioner.concurrency,
        summary: async () => {
          const { end, damage } = await reader.report;
          if (seen === 0) throw new EmptyRangeError(source.label, media);
          if (reason !== undefined && failed === seen) throw new NoCaptionsError(seen, reason);
          return { end, ...(damage === undefined ? {} : { damage }) };
        },
        onCaption: ({ pts, error }) => {
          seen += 1;
          if (error !== undefined) failed += 1;
          reason ??= error?.message;
          const covered = Math.max(0, pts - zero);
          reporter.progress(job.source.name, {
            keyframes: seen,
            covered,
            ...(duration === undefined ? {} : { duration }),
          });
        },
      },
    );
    const { damage, end } = await reader.report;
    const problems: Problem[] = damage === undefined ? [] : [damageProblem(damage, settings.verbose)];
    if (tracks.failed > 0) {
      problems.push({
        code: 'captions-failed',
        message: `${tracks.failed} of ${counted(tracks.keyframes, 'keyframe')} got no caption; run it again to try just those (${reason})`,
      });
    }
    const whole = problems.length === 0;
    await recordTracks(stateDir, job, tracks, whole);
    // A collected file is complete after its last input only, and what failed shall not fail the rest again.
    const keep = job.lines !== undefined || tracks.failed > 0;
    await (keep ? journal.close() : journal.remove());
    const seconds = roundSeconds((performance.now() - began) / 1000);
    const summary: InputSummary = {
      video: job.source.name,
      state: whole ? 'done' : 'partial',
      keyframes: tracks.keyframes,
      cues: tracks.cues,
      seconds,
      ...(media.container === 'picture' ? {} : { duration: roundSeconds(Math.max(0, end - zero) / 1e6) }),
      outputs: job.targets.map((target) => target.path),
      problems,
    };
    return { summary, ...(job.lines !== undefined && tracks.failed === 0 ? { journal: journalFile } : {}) };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/**
 * Takes one input through all the rooms: probe, keyframes, captions (durable in the journal before they count), cues,
 * tracks. Throws what made the whole input fail; damage that cost only a part is in the summary.
 */
export async function captionInput(context: RunContext, job: InputJob): Promise<InputOutcome> {
  const opened = await openSource(job.source, { signal: context.signal });
  try {
    return await captionOpened(context, job, opened.source);
  } catch (error) {
    if (context.signal.aborted && !(error instanceof IngestError && error.code !== 'aborted')) {
      throw context.signal.reason;
    }
    throw error;
  } finally {
    await opened.dispose();
  }
}
