import { startAtOnce } from '../core/start-at-once.ts';
import type { Source } from '../ingest/sources/sources.ts';
import type { TextSink } from '../storage/sink.ts';
import type { Captioner } from '../workers/captioner.ts';
import { captionSource, type TapKeyframes } from './caption-source.ts';
import type { OutputJob } from './outputs/open-writers.ts';
import { type WriteContext, writeOutputs } from './outputs/write-outputs.ts';
import type { Reporter } from './reporter.ts';
import type { RunSettings, TrackSettings } from './settings.ts';
import { withSpeech } from './speech/find-dialogue.ts';
import type { InputSummary } from './summary.ts';

/** What all inputs of a run share. */
export interface RunContext {
  readonly settings: RunSettings;
  /** May still be opening, which `open()` then waits for. */
  readonly captioner: Captioner;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** Takes a track that goes to `-`; without it there are none. */
  readonly stdout?: TextSink;
}

/** One input of a run. */
export interface InputJob extends OutputJob {
  readonly source: Source;
  readonly tapKeyframes?: TapKeyframes;
  /** When the work on it began, on the clock of `performance.now()`; now by default. */
  readonly began?: number;
}

/** An input's summary, and the journal file to delete once the shared `jsonl` file is complete. */
export interface InputOutcome {
  readonly summary: InputSummary;
  readonly journal?: string;
}

/** The settings with the dialogue of an input, where descriptions stay out of it, and a note on its source. */
async function settled(
  { settings, stateDir, signal }: RunContext,
  source: Source,
): Promise<{ readonly tracks: TrackSettings; readonly notes: readonly string[] }> {
  if (settings.dialogue === undefined) return { tracks: settings, notes: [] };
  const { found, dialogue } = await withSpeech(settings.dialogue, { source, stateDir, signal });
  return { tracks: { ...settings, dialogue }, notes: found === undefined ? [] : [`${source.name}: ${found}`] };
}

/**
 * Captions one input in this process and writes its tracks. Captions are durable in a journal before they count.
 * Throws what made the whole input fail; damage that affects only a part is in the summary.
 */
export async function captionInput(context: RunContext, job: InputJob): Promise<InputOutcome> {
  const { settings, captioner, reporter } = context;
  const { source, identity, tapKeyframes } = job;
  const request = { ...context, source, identity, tapKeyframes, resume: settings.resume };
  const writing: Omit<WriteContext, 'settings'> = {
    ...context,
    model: captioner.model,
    verbose: settings.verbose,
    began: job.began ?? performance.now(),
    onProgress: (progress) => reporter.progress(source.name, progress),
    onShare: (share) => reporter.phase(`writing (${Math.floor(100 * share)} %)`),
  };
  return captionSource(request, async (captioned, journal) => {
    reporter.phase('loading the model');
    const ready = Promise.all([settled(context, captioned.source), captioner.open()]);
    // The first frames are decoded while the model is loaded; outputs are touched only once there is a model to write them.
    const groups = startAtOnce(captioned.groups);
    const [{ tracks, notes }] = await ready.catch(async (error: unknown) => {
      await groups.return();
      throw error;
    });
    reporter.phase('captioning');
    const begun = { ...captioned, groups };
    const { summary: written, failed } = await writeOutputs({ ...writing, settings: tracks }, job, begun);
    const summary = notes.length === 0 ? written : { ...written, notes: [...notes, ...(written.notes ?? [])] };
    // The next run tries failed groups again without repeating the others.
    if (failed > 0) return { summary };
    // A shared file is complete only after its last input.
    if (job.sharedJsonl !== undefined) return { summary, journal: journal.file };
    await journal.remove();
    return { summary };
  });
}
