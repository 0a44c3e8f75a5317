import path from 'node:path';
import { isoText } from '../../archive/clock/iso-time.ts';
import { formatLocal, formatOffset } from '../../archive/clock/time-zone.ts';
import { clipName, cutOf, findHit, type Margins } from '../../archive/index/clip.ts';
import { type OpenArchive, withArchive } from '../../archive/open-archive.ts';
import { sourceAt } from '../../archive/recordings/register.ts';
import { digest } from '../../captioning/input-identity.ts';
import { parseTime } from '../../captioning/settings.ts';
import { problemOf } from '../../captioning/summary.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { EXIT, UsageError } from '../../core/failures.ts';
import { abortExitCode, onInterrupted } from '../../core/interruption.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { type CutWay, cutClip } from '../../pipeline/media/cut.ts';
import { ensureFolder } from '../../storage/ensure-folder.ts';
import { assertOverwritable, writeOutput } from '../../storage/output-manifest.ts';
import { stateDir } from '../../storage/state-folder.ts';

/** The flags of `export` as commander hands them over. */
export interface ExportFlags {
  readonly output?: string;
  readonly before: string;
  readonly after: string;
  readonly state?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** A clip that stands. */
interface Clip {
  readonly state: 'done' | 'skipped';
  readonly output: string;
  /** The moment at which it begins, milliseconds since 1970. */
  readonly began: number;
  /** Seconds. */
  readonly duration: number;
  readonly way?: CutWay;
}

interface Context {
  readonly archive: OpenArchive;
  readonly flags: ExportFlags;
  readonly margins: Margins;
  /** A file, where it is of one clip. */
  readonly target: { readonly file: string } | { readonly folder: string };
  readonly signal: AbortSignal;
}

function targetOf(output: string | undefined, clips: number): Context['target'] {
  if (output === '') throw new UsageError('-o needs the name of a file or of a folder');
  const extension = path.extname(output ?? '').toLowerCase();
  if (output === undefined || output.endsWith('/') || extension === '') return { folder: path.resolve(output ?? '.') };
  if (extension !== '.mp4' && extension !== '.m4v') {
    throw new UsageError(`-o ${output}: a clip is an .mp4 (or -o names a folder, with a / at its end)`);
  }
  if (clips > 1) throw new UsageError(`-o ${output} is one file, for ${clips} clips: name a folder`);
  return { file: path.resolve(output) };
}

async function exportHit(id: string, { archive, flags, margins, target, signal }: Context): Promise<Clip> {
  const found = await findHit(archive.db, id);
  const { hit, recording } = found;
  const cut = cutOf(found, margins);
  const output = 'file' in target ? target.file : path.join(target.folder, clipName(hit, archive.zone));
  const key = digest({ clip: recording.content, from: cut.from, length: cut.length, recorded: cut.recorded });
  const source = recording.content;
  const clip = { output, began: cut.recorded, duration: cut.length / 1e6 };
  if (flags.force !== true && (await assertOverwritable(stateDir(), output, { kind: 'clip', key, source }))) {
    return { ...clip, state: 'skipped' };
  }
  await ensureFolder(path.dirname(output));
  const video = sourceAt(recording);
  const media = await probe(video, { signal });
  let way: CutWay | undefined;
  await writeOutput(stateDir(), output, { key, source }, async (_, made) => {
    way = await cutClip(video, media, cut, made, signal);
  });
  return { ...clip, state: 'done', ...(way === undefined ? {} : { way }) };
}

function tell(id: string, { state, output, began, duration, way }: Clip, { archive, flags }: Context): void {
  const { zone } = archive;
  if (flags.json === true) {
    const what = { id, state, output, time: isoText(began, zone), duration, ...(way === undefined ? {} : { way }) };
    process.stdout.write(`${JSON.stringify({ event: 'end', ...what })}\n`);
  } else if (flags.quiet !== true) {
    const when = `${formatLocal(began, zone)} ${formatOffset(began, zone)}`;
    const how = state === 'skipped' ? 'up to date' : `${duration.toFixed(1)} s, ${way}`;
    process.stderr.write(`${id}: from ${when}, ${how} -> ${output}\n`);
  }
}

/** `secondglance export`: returns the exit code. Throws a UsageError before anything is done, or `state-missing` and the like. */
export async function runExport(asked: readonly string[], flags: ExportFlags, signal: AbortSignal): Promise<number> {
  const ids = [...new Set(asked)];
  const margins = {
    before: Math.round(parseTime(flags.before, '--before') / 1000),
    after: Math.round(parseTime(flags.after, '--after') / 1000),
  };
  const target = targetOf(flags.output, ids.length);
  onInterrupted(signal, () => process.stderr.write('secondglance: ending\n'));
  return withArchive(flags.state, async (archive) => {
    const context: Context = { archive, flags, margins, target, signal };
    let failed = 0;
    for (const id of ids) {
      try {
        tell(id, await exportHit(id, context), context);
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof SecondGlanceError)) throw error;
        failed += 1;
        const problem = problemOf(error, flags.verbose ?? false);
        const event = { event: 'end', id, state: 'failed', problems: [problem] };
        if (flags.json === true) process.stdout.write(`${JSON.stringify(event)}\n`);
        else process.stderr.write(`${[problem.message, ...(problem.detail ?? [])].join('\n  ')}\n`);
      }
    }
    return abortExitCode(signal) ?? (failed === 0 ? EXIT.done : failed < ids.length ? EXIT.partial : EXIT.failed);
  });
}
