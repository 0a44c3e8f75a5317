import path from 'node:path';
import { UsageError } from '../../core/failures.ts';
import { type FormatName, formatOfExtension, trackFormat } from '../../pipeline/formats/formats.ts';
import { BURN_CONTAINERS, MUX_CONTAINERS } from '../../pipeline/media/containers.ts';
import { kindOf } from '../../storage/kind-of.ts';

/** One file to write. `path` is absolute, or `-` for stdout. */
export interface Target {
  readonly format: FormatName;
  readonly path: string;
  /** The file is a copy of the video that holds the track: as a stream of its own, or drawn into the pictures. */
  readonly into?: 'mux' | 'burn';
}

/** The key of a target in the output manifest, for tracks that depend on `key`. */
export function outputKey({ format, into }: Target, key: string): string {
  return into === undefined ? `${format} ${key}` : `${into} ${format} ${key}`;
}

/** True if writing the target takes the video itself, not only its captions. */
export function needsVideo({ format, into }: Target): boolean {
  return into !== undefined || trackFormat(format).includesVideo === true;
}

/** The format that a file's extension names. */
export function formatOf(output: string): FormatName | undefined {
  return formatOfExtension(path.extname(output).slice(1).toLowerCase());
}

/** A track to write to a file. */
export interface OutputFile {
  readonly path: string;
  /** By default as the extension says; for a copy of the video, what its container takes. */
  readonly format?: FormatName;
  /** `mux`: a copy of the video with the track as a stream of its own; `burn`: with the track drawn into the pictures. */
  readonly into?: 'mux' | 'burn';
}

/** Settles path and format of an output. Throws a UsageError if the extension does not name a format. */
export function targetOf(output: string | OutputFile): Target {
  const { path: file, format, into }: OutputFile = typeof output === 'string' ? { path: output } : output;
  if (into !== undefined) return videoTarget(into, file);
  const known = format ?? formatOf(file);
  if (format !== undefined) requireEnding(file, format);
  if (known === undefined) throw new UsageError(`cannot tell the format of ${file}: give it an extension or a format`);
  return { format: known, path: path.resolve(file) };
}

/**
 * Checks that a file's name ends as tracks of a format do, so that a track never takes the place of something else. Throws a UsageError. Pipes
 * and devices may have any name.
 */
export function requireEnding(file: string, format: FormatName): void {
  if (formatOf(file) === format) return;
  if (kindOf(file) === 'other') return;
  throw new UsageError(
    `${file} does not have the extension of a ${format} track: end it with .${trackFormat(format).extension}`,
  );
}

/** A copy of the video that holds the track. Throws a UsageError where the container cannot. */
export function videoTarget(into: 'mux' | 'burn', file: string): Target {
  const containers: Readonly<Record<string, unknown>> = into === 'mux' ? MUX_CONTAINERS : BURN_CONTAINERS;
  const extension = path.extname(file).toLowerCase();
  if (containers[extension] === undefined) {
    throw new UsageError(`--${into} ${file}: give it a name that ends in ${Object.keys(containers).join(', ')}`);
  }
  const format = into === 'mux' ? (MUX_CONTAINERS[extension]?.text ?? 'srt') : 'ass';
  return { format, path: path.resolve(file), into };
}
