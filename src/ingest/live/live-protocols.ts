import { runProcess } from '../../core/process/run-process.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';

const QUERY_MS = 30_000;

const known = new Map<string, Promise<ReadonlySet<string>>>();

async function inputProtocols(ffmpeg: string): Promise<ReadonlySet<string>> {
  const { stdout } = await runProcess({ program: ffmpeg, args: ['-hide_banner', '-protocols'] }, QUERY_MS);
  const [, inputs = ''] = /Input:([\s\S]*?)(?:Output:|$)/.exec(stdout) ?? [];
  return new Set(inputs.split(/\s+/).filter((name) => name !== ''));
}

/** True where the installed ffmpeg reads a protocol. Throws `ffmpeg-missing`. */
export async function knowsProtocol(name: string): Promise<boolean> {
  const { ffmpeg } = await findFfmpeg();
  const found = known.get(ffmpeg) ?? inputProtocols(ffmpeg);
  known.set(ffmpeg, found);
  return (await found).has(name);
}
