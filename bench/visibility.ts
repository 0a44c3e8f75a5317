import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { probe } from '../src/ingest/probe/probe.ts';
import { readKeyframes } from '../src/ingest/read-keyframes.ts';
import { expandInputs } from '../src/ingest/sources/sources.ts';
import { isAnythingVisible } from '../src/workers/visibility.ts';

/*
 * Which keyframes count as showing nothing: node --import tsx bench/visibility.ts FOLDER. Prints their times, so that they can be looked at.
 */
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const folder = process.argv[2] ?? '.';
const image = { width: 224, height: 224, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' } as const;
const { signal } = new AbortController();
let all = 0;
let blank = 0;
let spent = 0;
for (const name of (await readdir(folder)).sort()) {
  const { sources } = await expandInputs([path.join(folder, name)]);
  const [source] = sources;
  if (source === undefined) continue;
  try {
    const media = await probe(source, { signal });
    const times: string[] = [];
    let keyframes = 0;
    for await (const keyframe of readKeyframes(source, media, {
      choice: { mode: 'every', interval: 1e6 },
      image,
      signal,
    })) {
      const began = performance.now();
      const visible = isAnythingVisible(keyframe);
      spent += performance.now() - began;
      keyframes += 1;
      if (!visible) times.push(((keyframe.pts - media.start) / 1e6).toFixed(1));
    }
    all += keyframes;
    blank += times.length;
    const shown = times.length > 8 ? `${times.slice(0, 8).join(' ')} ...` : times.join(' ');
    print(
      `${name.padEnd(48)} ${String(keyframes).padStart(5)} keyframes, nothing visible in ${times.length}  ${shown}`,
    );
  } catch (error) {
    print(`${name.padEnd(48)} ${error instanceof Error ? error.message : error}`);
  }
}
print(`${all} keyframes, nothing visible in ${blank}; ${(spent / all).toFixed(2)} ms each`);
