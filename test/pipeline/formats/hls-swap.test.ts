import * as sync from 'node:fs';
import fs, { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Cue } from '../../../src/core/types.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { HEADER, seconds } from '../support/captions.ts';

const hooks = { before: (_: string): void => undefined };

// Calls a hook before every operation that changes the file system: what the hook sees is what a process that is killed
// there leaves behind.
type Operation = (...args: unknown[]) => unknown;
const operations = fs as unknown as Record<string, Operation>;
const CHANGING = ['rename', 'rm', 'rmdir', 'mkdir', 'writeFile', 'open', 'unlink'];
const original = { ...operations };
beforeAll(() => {
  for (const name of CHANGING) {
    operations[name] = (...args) => {
      hooks.before(`${name} ${args[0]}`);
      return original[name]?.(...args);
    };
  }
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(operations, original);
  syncBuiltinESMExports();
});

const VIDEO = '#EXTM3U\n#one\n';
const NAMES = ['subtitles-00000.vtt', 'subtitles-00001.vtt', 'subtitles.m3u8', 'video.m3u8', 'video.mp4'];

function cue(text: string): Cue {
  return { start: 0, end: seconds(65), text, from: [0] };
}

async function write(file: string, text: string): Promise<void> {
  const segmentVideo = async (folder: string) => {
    await writeFile(path.join(folder, 'video.mp4'), 'one');
    await writeFile(path.join(folder, 'video.m3u8'), VIDEO);
    return { master: '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo.m3u8\n', notes: [] };
  };
  const { openTrackWriter } = await import('../../../src/pipeline/formats/formats.ts');
  const { openFileSink } = await import('../../../src/storage/file-sink.ts');
  const sink = await openFileSink(file);
  try {
    const writer = await openTrackWriter('hls', sink, { ...HEADER, segmentVideo });
    await writer.cue(cue(text));
    await writer.finish({ end: seconds(71.5) });
  } catch (error) {
    await sink.discard().catch(() => undefined);
    throw error;
  }
}

/** The files of the folder that a master playlist refers to, and what is in them; no names where the folder is missing. */
function playable(file: string): Record<string, string> {
  const [, folder = ''] = /URI="([^"/]+)\//.exec(sync.readFileSync(file, 'utf8')) ?? [];
  const whole = path.join(path.dirname(file), decodeURIComponent(folder));
  if (!sync.existsSync(whole)) return {};
  const files = sync.readdirSync(whole, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, sync.readFileSync(path.join(whole, name), 'utf8')]));
}

beforeEach(() => {
  hooks.before = () => undefined;
});

/** Runs `work`, and notes what a player finds before each of its steps and at the end. */
async function watched(file: string, work: () => Promise<void>): Promise<Record<string, string>[]> {
  const states: Record<string, string>[] = [];
  hooks.before = () => {
    states.push(playable(file));
  };
  await work();
  hooks.before = () => undefined;
  return [...states, playable(file)];
}

test('a run that is killed at any step leaves a master playlist with all of its files', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'film.m3u8');
  await write(file, 'A');
  const first = playable(file);
  expect(Object.keys(first).sort()).toEqual(NAMES);

  const again = await watched(file, () => write(file, 'A'));
  expect(again.length).toBeGreaterThan(10);
  for (const state of again) expect(state).toEqual(first);

  const changed = await watched(file, () => write(file, 'B'));
  const second = playable(file);
  expect(second).not.toEqual(first);
  const isWhole = changed.map((state) => [first, second].some((set) => JSON.stringify(set) === JSON.stringify(state)));
  expect(isWhole).not.toContain(false);
  expect((await readdir(folder)).sort()).toEqual([expect.stringMatching(/^film-\w{8}\.hls$/), 'film.m3u8']);
});

test('a run after one that was killed at any step leaves no orphan behind', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'film.m3u8');
  const clean = [expect.stringMatching(/^film-\w{8}\.hls$/), 'film.m3u8'];
  await write(file, 'A');
  let steps = 0;
  for (let last = 1; ; last += 1) {
    steps = 0;
    hooks.before = () => {
      steps += 1;
      // From the moment of the kill nothing changes any more, whatever the program's error handling tries.
      if (steps >= last) throw new Error('killed');
    };
    const killed = await write(file, `B${last}`).then(
      () => false,
      () => true,
    );
    hooks.before = () => undefined;
    // The next process does not know which temp files the killed one had open.
    vi.resetModules();
    await write(file, `C${last}`);
    expect((await readdir(folder)).sort(), `killed before step ${last}`).toEqual(clean);
    if (!killed) break;
  }
  expect(steps).toBeGreaterThan(15);
});

test('a folder that was tampered with is repaired file by file', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'film.m3u8');
  await write(file, 'A');
  const whole = playable(file);
  const [set = ''] = (await readdir(folder)).filter((name) => name.endsWith('.hls'));
  const at = (name: string): string => path.join(folder, set, name);
  await writeFile(at('video.mp4'), 'another');
  await rm(at('subtitles-00001.vtt'));
  await rm(at('subtitles.m3u8'));
  await mkdir(at('subtitles.m3u8'));
  await writeFile(at('notes.txt'), 'mine');

  const kept = ['subtitles-00000.vtt', 'video.m3u8'];
  const states = await watched(file, () => write(file, 'A'));
  for (const state of states) for (const name of kept) expect(state[name]).toBe(whole[name]);
  expect(await readFile(at('video.mp4'), 'utf8')).toBe('one');
  expect((await readdir(path.join(folder, set))).sort()).toEqual(NAMES);
});
