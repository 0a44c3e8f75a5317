import { chmod, readFile, writeFile } from 'node:fs/promises';
import { findFfmpeg } from '../../src/ingest/ffmpeg/find-ffmpeg.ts';

/**
 * Puts a script in ffmpeg's place (`FFMPEG_PATH`) that answers questions as ffmpeg would, and decodes as `decode` says, in which REAL is the real
 * one. Returns how often it was run to decode.
 */
export async function standIn(path: string, decode: string): Promise<() => Promise<number>> {
  const { ffmpeg: real } = await findFfmpeg();
  const script = `#!/bin/sh\ncase "$*" in *-version*|*-filters*) exec ${real} "$@";; esac\necho run >> ${path}.runs\n${decode}\n`;
  await writeFile(path, script.replaceAll('REAL', real));
  await chmod(path, 0o755);
  process.env = { ...process.env, FFMPEG_PATH: path };
  return async () => (await readFile(`${path}.runs`, 'utf8')).trim().split('\n').length;
}

/** Shell that runs the real ffmpeg with its arguments, ending after `frames` output frames. */
export function firstFrames(frames: number): string {
  return `n=$#; for a; do n=$((n-1)); [ $n = 0 ] && set -- "$@" -frames:v ${frames}; set -- "$@" "$a"; shift; done; REAL "$@"`;
}
