import path from 'node:path';
import type { Captioner, Group } from '../../core/types.ts';
import { IngestError } from '../../ingest/errors.ts';
import { readKeyframes } from '../../ingest/keyframes.ts';
import { openSource } from '../../ingest/open.ts';
import { type MediaInfo, probe } from '../../ingest/probe.ts';
import type { Source } from '../../ingest/sources.ts';
import { openJournal } from '../../pipeline/journal.ts';
import { recordTrack } from '../../pipeline/ledger.ts';
import { DEFAULT_RULES } from '../../pipeline/rules.ts';
import { ensureFolder, openFileSink, streamSink, type TextSink } from '../../pipeline/sink.ts';
import type { TrackHeader, TrackWriter } from '../../pipeline/track.ts';
import { type TracksReport, writeTracks } from '../../pipeline/tracks.ts';
import { openTrackWriter } from '../../pipeline/writers.ts';
import { groupKeyframes } from '../../queue/groups.ts';
import { runGroups } from '../../queue/in-process.ts';
import { VERSION } from '../version.ts';
import { captionOptions, digest, type Facts } from './identity.ts';
import { journalFolder } from './journals.ts';
import type { Target } from './outputs.ts';
import type { InputSummary, Reporter } from './progress.ts';
import type { CaptionSettings } from './settings.ts';

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
  /** Ledger key of the targets. */
  readonly key: string;
  /** Where this input's lines of a collected `jsonl` go. */
  readonly lines?: TextSink;
}

/** An input's summary, and the journal file that is to be deleted once the collected file is complete. */
export interface InputOutcome {
  readonly summary: InputSummary;
  readonly journal?: string;
}

async function openWriters(job: InputJob, header: TrackHeader): Promise<TrackWriter[]> {
  const writers: TrackWriter[] = [];
  try {
    if (job.lines !== undefined) writers.push(await openTrackWriter('jsonl', job.lines, header));
    for (const { format, path: file } of job.targets) {
      if (file !== '-') await ensureFolder(path.dirname(file));
      const sink = file === '-' ? streamSink(process.stdout) : await openFileSink(file);
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
    const work = async (group: Group, groupSignal: AbortSignal) => {
      const durable = await journal.read(group.index);
      if (durable !== undefined) return [...durable];
      const captions = await captioner.caption(group, groupSignal);
      // A group that failed is not durable: the next run tries it again.
      if (captions.every(({ error }) => error === undefined)) await journal.append(group.index, captions);
      return captions;
    };
    const duration = durationOf(settings, media);
    const zero = media.start + (settings.from ?? 0);
    const writers = await openWriters(job, headerOf(context, source, media));
    let seen = 0;
    const tracks: TracksReport = await writeTracks(
      runGroups(groupKeyframes(reader), work, { concurrency: captioner.concurrency, signal }),
      {
        rules: { ...DEFAULT_RULES, minConfidence: settings.minConfidence },
        zero: media.start,
        writers,
        limit: 4 * captioner.concurrency,
        summary: async () => {
          const { end, damage } = await reader.report;
          return { end, ...(damage === undefined ? {} : { damage }) };
        },
        onCaption: ({ pts }) => {
          seen += 1;
          const covered = Math.max(0, pts - zero);
          reporter.progress(job.source.name, {
            keyframes: seen,
            covered,
            ...(duration === undefined ? {} : { duration }),
          });
        },
      },
    );
    const { damage } = await reader.report;
    const problems: { code: string; message: string }[] =
      damage === undefined ? [] : [{ code: damage.code, message: damage.message }];
    if (tracks.failed > 0) {
      problems.push({
        code: 'captions-failed',
        message: `${tracks.failed} of ${tracks.keyframes} keyframes got no caption; run it again to try just those`,
      });
    }
    const whole = problems.length === 0;
    // A partial track is ours, but not up to date: the next run may do better.
    const offset = job.lines === undefined ? 0 : 1;
    for (const [at, { path: file }] of job.targets.entries()) {
      const sha256 = tracks.written[at + offset]?.sha256;
      if (file !== '-' && sha256 !== undefined) {
        await recordTrack(stateDir, file, { key: whole ? job.key : `partial ${job.key}`, sha256 });
      }
    }
    // A collected file is complete after its last input only, and what failed shall not fail the rest again.
    const keep = job.lines !== undefined || tracks.failed > 0;
    await (keep ? journal.close() : journal.remove());
    const seconds = (performance.now() - began) / 1000;
    const summary: InputSummary = {
      video: job.source.name,
      state: whole ? 'done' : tracks.failed > 0 && tracks.failed === tracks.keyframes ? 'failed' : 'partial',
      keyframes: tracks.keyframes,
      cues: tracks.cues,
      seconds,
      ...(duration === undefined || duration === 0 ? {} : { timesRealTime: duration / 1e6 / seconds }),
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
