import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { stateDir } from '../config/state-folder.ts';
import { SecondGlanceError } from '../core/errors.ts';
import { UsageError } from '../core/failures.ts';
import { counted } from '../core/text/wording.ts';
import type { Cue } from '../core/types.ts';
import { probe } from '../ingest/probe/probe.ts';
import { openSource } from '../ingest/sources/open-source.ts';
import { asInputError, expandInputs, type Source } from '../ingest/sources/sources.ts';
import { vttTime } from '../pipeline/cues/time.ts';
import { encodingNote, readTrack } from '../pipeline/formats/read-track.ts';
import type { TrackWriter } from '../pipeline/formats/track-writer.ts';
import { MUX_CONTAINERS } from '../pipeline/media/containers.ts';
import { lostStyling, type StyleHolder } from '../pipeline/styling/lost-styling.ts';
import { type StyledTrack, styledCues } from '../pipeline/styling/styled-cues.ts';
import type { Written } from '../storage/sink.ts';
import type { CaptionHost } from './caption-files.ts';
import { digest, identify, labelOptions, sourceOf } from './input-identity.ts';
import { type OutputContext, type OutputJob, openWriters } from './outputs/open-writers.ts';
import { assertWritable } from './outputs/output-status.ts';
import { planOutputs } from './outputs/plan-outputs.ts';
import type { Target } from './outputs/target.ts';
import { notesOf, recordOutputs } from './outputs/write-outputs.ts';
import { reportRun } from './report-run.ts';
import type { CaptionRequest, TrackInput } from './settings.ts';
import { type InputSummary, type Problem, roundSeconds } from './summary.ts';

/** No model wrote the cues. */
const NO_MODEL = { name: 'none', version: '0', sha256: '' };

/** What to write, and of which video. Throws a UsageError for a request that makes no sense. */
async function planTrack(
  inputs: readonly string[],
  { output: request }: CaptionRequest,
  { file }: TrackInput,
): Promise<{ readonly source: Source; readonly targets: readonly Target[] }> {
  const { sources, problems } = await expandInputs(inputs);
  const [source] = sources;
  if (problems[0] !== undefined) throw problems[0].error;
  if (source === undefined || sources.length > 1) {
    throw new UsageError(`--track takes one video: run the command once for each of the ${sources.length}`);
  }
  if (source.kind === 'picture') throw new UsageError(`--track takes a video, and ${source.label} is a picture`);
  const { output, formats, mux, burn } = request;
  const asked = output !== undefined || formats !== undefined;
  if (!asked && mux === undefined && burn === undefined) {
    throw new UsageError('--track needs an output: name one with -o, -f, --mux or --burn');
  }
  const plan = planOutputs(sources, request);
  const all = [...plan.inputs.flatMap(({ targets }) => targets), ...(plan.collected ? [plan.collected] : [])];
  const targets = asked ? all : all.filter(({ into }) => into !== undefined);
  if (targets.some(({ format }) => format === 'jsonl')) {
    throw new UsageError('jsonl has one line per keyframe, and a track has no keyframes: use json or another format');
  }
  const own = await realpath(file).catch(() => path.resolve(file));
  for (const target of targets) {
    if (target.path !== '-' && (await realpath(target.path).catch(() => target.path)) === own) {
      throw new UsageError(`${target.path} is the track itself: name another output with -o or -f`);
    }
  }
  return { source, targets };
}

/** Where the styling of a target's track goes. */
function holderOf({ format, into, path: file }: Target): StyleHolder {
  const extension = path.extname(file).toLowerCase();
  const container = into === 'mux' ? MUX_CONTAINERS[extension]?.format : undefined;
  if (container === 'mp4' || container === 'matroska' || container === 'webm') return container;
  return format === 'jsonl' ? 'json' : format;
}

/** What a user should know of a track, one sentence each: what its outputs cannot hold, and cues that nobody will see. */
function trackNotes(
  file: string,
  { cues, styling, empty }: StyledTrack,
  targets: readonly Target[],
  end: number | undefined,
): string[] {
  const notes: string[] = [];
  if (empty > 0) notes.push(`${file}: ${counted(empty, 'cue')} without text left out`);
  const behind = end === undefined ? [] : cues.filter(({ start }) => start >= end);
  const [first] = behind;
  if (first !== undefined && end !== undefined) {
    const many = behind.length > 1;
    notes.push(
      `${file}: ${counted(behind.length, 'cue')} ${many ? 'start' : 'starts'} after the end of the video at ${vttTime(end)} (cue at ${vttTime(first.start)}${many ? ' and later' : ''}): is it the track of another version?`,
    );
  }
  for (const target of targets) {
    const lost = lostStyling(cues, styling, holderOf(target));
    const name = target.path === '-' ? target.format : path.basename(target.path);
    if (lost !== undefined) notes.push(`${name}: cannot hold all styling of ${path.basename(file)}; left out: ${lost}`);
  }
  return notes;
}

async function write(writers: readonly TrackWriter[], cues: readonly Cue[], end: number) {
  const written: (Written | undefined)[] = [];
  try {
    for (const cue of cues) await Promise.all(writers.map((writer) => writer.cue(cue)));
    for (const writer of writers) written.push(await writer.finish({ end }));
    return written;
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
    throw error;
  }
}

/** Writes the cues of a track, with the video where that is asked for. Throws as its parts do. */
async function convert(
  source: Source,
  targets: readonly Target[],
  request: CaptionRequest,
  { file, encoding }: TrackInput,
  { stdout, signal, reporter }: CaptionHost,
): Promise<InputSummary> {
  const began = performance.now();
  const asInput = (label: string) => (error: unknown) => {
    throw error instanceof SecondGlanceError ? error : asInputError(error, label);
  };
  const track = await readTrack(file, encoding === undefined ? {} : { encoding }).catch(asInput(file));
  const bytes = await readFile(file).catch(asInput(file));
  const identity = await identify(source).catch(asInput(source.label));
  const facts = { sha256: createHash('sha256').update(bytes).digest('hex'), encoding: track.encoding };
  const key = digest({ input: identity ?? { stdin: Date.now() }, track: facts, options: labelOptions(request) });
  const name = path.basename(file);
  const summary = { video: source.name, keyframes: 0, track: name, outputs: targets.map((target) => target.path) };
  const state = stateDir();
  const current = await assertWritable(state, targets, { key, source: sourceOf(identity), force: request.force });
  if (current && source.kind === 'file') return { ...summary, state: 'skipped', cues: 0, seconds: 0, problems: [] };

  const opened = await openSource(source, { signal });
  try {
    const media = await probe(opened.source, { signal });
    const settings = { ...request, minConfidence: 0 };
    const styled = styledCues(track);
    const { cues, styling } = styled;
    const context: OutputContext = {
      settings,
      model: NO_MODEL,
      stateDir: state,
      signal,
      stdout,
      from: name,
      styling,
      onShare: (share) => reporter.phase(`writing (${Math.floor(100 * share)} %)`),
    };
    const job: OutputJob = { identity, targets, key };
    const last = cues.reduce((end, cue) => Math.max(end, cue.end), 0);
    const writers = await openWriters(context, job, { source: opened.source, media });
    const written = await write(writers, cues, media.start + Math.max(media.duration ?? 0, last));
    const problems: Problem[] =
      track.invalid.length === 0
        ? []
        : [
            {
              code: 'not-a-track',
              message: `${counted(track.invalid.length, 'cue')} of ${file} could not be read; secondglance check lists them`,
            },
          ];
    await recordOutputs(state, job, written, problems.length === 0);
    const note = encodingNote(file, track);
    const notes = [
      ...(note === undefined ? [] : [note]),
      ...trackNotes(name, styled, targets, media.duration ?? undefined),
      ...notesOf(job, written),
    ];
    return {
      ...summary,
      state: problems.length === 0 ? 'done' : 'partial',
      cues: cues.length,
      seconds: roundSeconds((performance.now() - began) / 1000),
      problems,
      ...(notes.length === 0 ? {} : { notes }),
    };
  } finally {
    await opened.dispose();
  }
}

/**
 * Writes the cues of a track file, often an edited one, in other formats or into copies of its video; nothing is captioned.
 * Returns the exit code. Throws a UsageError before anything is started.
 */
export async function writeTrackFile(
  inputs: readonly string[],
  request: CaptionRequest,
  track: TrackInput,
  host: CaptionHost,
): Promise<number> {
  const { source, targets } = await planTrack(inputs, request, track);
  const { reporter, began, signal } = host;
  const summaries: InputSummary[] = [];
  const { verbose } = request;
  return reportRun({ reporter, began, signal, verbose, summaries: () => summaries }, async () => {
    reporter.begin(source.name, 1, 1);
    reporter.phase('writing');
    const summary = await convert(source, targets, request, track, host);
    summaries.push(summary);
    reporter.end(summary);
  });
}
