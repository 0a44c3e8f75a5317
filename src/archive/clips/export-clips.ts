import path from 'node:path';
import { digest } from '../../captioning/input-identity.ts';
import { checkVideoOutput } from '../../captioning/outputs/check-target.ts';
import { stateDir } from '../../config/state-folder.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { UsageError } from '../../core/failures.ts';
import type { CutWay } from '../../pipeline/media/cut.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';
import { assertOverwritable, writeOutput } from '../../storage/output-manifest.ts';
import { type OpenArchive, withArchive } from '../open-archive.ts';
import { clipName, cutOf, findHit, type Margins, writeClip } from './clip.ts';

/** Which clips to export, and where. */
export interface ExportSettings {
  /** Ids of hits, as a search returns them. */
  readonly ids: readonly string[];
  readonly margins: Margins;
  /** An `.mp4` for one clip, or a folder. Default: the working directory. */
  readonly output?: string | undefined;
  /** State file; default: the one in the state folder. */
  readonly state?: string | undefined;
  /** Cut clips that are up to date again, and overwrite foreign files that are no videos or pictures. */
  readonly force?: boolean | undefined;
}

/** An exported clip. */
export interface Clip {
  readonly state: 'done' | 'skipped';
  readonly output: string;
  /** Time of its beginning, milliseconds since 1970. */
  readonly began: number;
  /** Seconds. */
  readonly duration: number;
  /** Absent where it was up to date. */
  readonly way?: CutWay;
  /** What the user should know of it, one clause each. */
  readonly notes?: readonly string[];
}

/** What an export needs of its front end. */
export interface ExportRun {
  readonly signal: AbortSignal;
  readonly onClip: (id: string, clip: Clip, zone: string) => void;
  readonly onFailure: (id: string, error: SecondGlanceError) => void;
}

/** What an export came to: numbers of hits. */
export interface ExportResult {
  readonly exported: number;
  readonly failed: number;
}

type ClipTarget = { readonly file: string } | { readonly folder: string };

function targetOf(output: string | undefined, clips: number): ClipTarget {
  if (output === '') throw new UsageError('-o needs the name of a file or of a folder');
  const extension = path.extname(output ?? '').toLowerCase();
  if (output === undefined || output.endsWith('/') || extension === '') return { folder: path.resolve(output ?? '.') };
  if (extension !== '.mp4' && extension !== '.m4v') {
    throw new UsageError(`-o ${output}: a clip is an .mp4 (for a folder, end the name with /)`);
  }
  if (clips > 1) throw new UsageError(`-o ${output} is one file, but there are ${clips} clips: name a folder`);
  return { file: path.resolve(output) };
}

async function exportHit(
  id: string,
  archive: OpenArchive,
  target: ClipTarget,
  { margins, force }: ExportSettings,
  signal: AbortSignal,
): Promise<Clip> {
  const found = await findHit(archive.db, id);
  const { hit, recording } = found;
  const cut = cutOf(found, margins);
  const output = 'file' in target ? target.file : path.join(target.folder, clipName(hit, archive.zone));
  const key = digest({ clip: recording.content, from: cut.from, length: cut.length, recorded: cut.recorded });
  const source = recording.content;
  const clip = { output, began: cut.recorded, duration: cut.length / 1e6 };
  await checkVideoOutput(stateDir(), output, recording.path);
  if (force !== true && (await assertOverwritable(stateDir(), output, { kind: 'clip', key, source }))) {
    return { ...clip, state: 'skipped' };
  }
  await ensureFolder(path.dirname(output));
  let way: CutWay | undefined;
  const notes = await writeOutput(stateDir(), output, { key, source }, async (_, made) => {
    way = await writeClip(recording, cut, made, signal);
    return [];
  });
  return { ...clip, state: 'done', ...(way === undefined ? {} : { way }), ...(notes.length === 0 ? {} : { notes }) };
}

/**
 * Cuts the clips of hits out of their recordings. A hit that fails does not affect the others. Throws a UsageError before
 * anything is done; `state-missing` and the like.
 */
export async function exportClips(settings: ExportSettings, run: ExportRun): Promise<ExportResult> {
  const { signal, onClip, onFailure } = run;
  const ids = [...new Set(settings.ids)];
  const target = targetOf(settings.output, ids.length);
  return withArchive(settings.state, async (archive) => {
    let exported = 0;
    let failed = 0;
    for (const id of ids) {
      try {
        onClip(id, await exportHit(id, archive, target, settings, signal), archive.zone);
        exported += 1;
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof SecondGlanceError)) throw error;
        failed += 1;
        onFailure(id, error);
      }
    }
    return { exported, failed };
  });
}
