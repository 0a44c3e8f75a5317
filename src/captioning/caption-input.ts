import path from 'node:path';
import type { JsonObject } from '../core/json.ts';
import { IngestError } from '../ingest/errors.ts';
import { type MediaInfo, probe } from '../ingest/probe/probe.ts';
import { readKeyframes } from '../ingest/read-keyframes.ts';
import { openSource } from '../ingest/sources/open-source.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { groupKeyframes } from '../queue/group-keyframes.ts';
import { type GroupWork, runGroups } from '../queue/in-process.ts';
import { type Journal, openJournal } from '../storage/journal.ts';
import type { Captioner, CaptionOptions } from '../workers/captioner.ts';
import { captionOptions, digest } from './input-identity.ts';
import { journalFolder } from './journal-files.ts';
import type { Reporter } from './progress.ts';
import type { CaptionSettings } from './settings.ts';
import type { InputSummary } from './summary.ts';
import { type InputJob, writeInput } from './write-input.ts';

/** What all inputs of a run share. */
export interface RunContext {
  readonly settings: CaptionSettings;
  readonly captioner: Captioner;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
}

/** An input's summary, and the journal file that is to be deleted once the collected file is complete. */
export interface InputOutcome {
  readonly summary: InputSummary;
  readonly journal?: string;
}

function journalHeader(context: RunContext, job: InputJob, media: MediaInfo): JsonObject {
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

/** The captioner's work on a group, unless the journal has it already; durable before it counts. */
export function durably(journal: Journal, captioner: Captioner, options: CaptionOptions): GroupWork {
  return async (group, signal) => {
    const durable = await journal.read(group.index);
    // The same file may have gone by another name: found in a folder then, named by itself now.
    if (durable !== undefined) return durable.map((caption) => ({ ...caption, video: group.video }));
    const captions = await captioner.caption(group, options, signal);
    // A group that failed is not durable: the next run tries it again.
    if (captions.every(({ error }) => error === undefined)) await journal.append(group.index, captions);
    return captions;
  };
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
    const { concurrency, model } = captioner;
    const { summary, failed } = await writeInput(
      { settings, model, stateDir, signal, onProgress: (progress) => reporter.progress(job.source.name, progress) },
      job,
      {
        source,
        media,
        groups: runGroups(
          groupKeyframes(job.tapKeyframes?.(reader, media) ?? reader),
          durably(journal, captioner, settings),
          {
            concurrency,
            signal,
          },
        ),
        report: () => reader.report,
        limit: 4 * concurrency,
        began,
      },
    );
    // A collected file is complete after its last input only, and what failed shall not fail the rest again.
    const keep = job.sharedJsonl !== undefined || failed > 0;
    await (keep ? journal.close() : journal.remove());
    return { summary, ...(job.sharedJsonl !== undefined && failed === 0 ? { journal: journalFile } : {}) };
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
