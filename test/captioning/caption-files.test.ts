import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { captionFiles } from '../../src/captioning/caption-files.ts';
import type { Reporter } from '../../src/captioning/reporter.ts';
import type { CaptionRequest } from '../../src/captioning/settings.ts';
import type { InputSummary } from '../../src/captioning/summary.ts';
import { nonClosingSink } from '../../src/storage/sink.ts';
import { streamSink } from '../../src/storage/stream-sink.ts';
import { colourVideo } from '../cli/support/room.ts';
import { inferenceProcesses } from '../support/processes.ts';
import { tinyBundle } from '../support/run.ts';
import { makeFolder } from '../support/videos.ts';

let folder: { readonly path: string; remove(): Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
  vi.stubEnv('SECONDGLANCE_STATE_DIR', path.join(folder.path, 'state'));
  await colourVideo(path.join(folder.path, 'red.mp4'), ['red'], 1);
  await writeFile(path.join(folder.path, 'broken.mp4'), 'this is text');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

/** Captions files of the folder; what the reporter was told, and the inference processes that were there at each phase. */
async function caption(...names: string[]) {
  const phases: string[] = [];
  const ended: InputSummary[] = [];
  const reporter: Reporter = {
    phase: (name) => phases.push(name),
    begin: () => undefined,
    progress: () => undefined,
    note: () => undefined,
    end: (summary) => ended.push(summary),
    close: () => undefined,
  };
  const request: CaptionRequest = {
    ...{ output: {}, choice: { mode: 'auto' }, passes: 2, profile: 'web', kind: 'descriptions', language: 'en' },
    ...{ resume: true, force: true, quiet: false, verbose: false, json: false, model: tinyBundle(), workers: 1 },
  };
  const stdout = nonClosingSink(streamSink(process.stdout));
  const { signal } = new AbortController();
  const inputs = names.map((name) => path.join(folder.path, name));
  const code = await captionFiles(inputs, request, { reporter, stdout, signal, began: performance.now() - 60_000 });
  return { code, phases, ended };
}

test('the model is loaded while the video is probed; an input that cannot be probed ends its start', async () => {
  const { code, phases, ended } = await caption('broken.mp4');
  expect(inferenceProcesses(process.pid)).toEqual([]);
  expect({ code, phases }).toEqual({ code: 1, phases: ['probing'] });
  expect(ended).toMatchObject([{ state: 'failed', problems: [{ code: 'not-media' }] }]);
});

test('the next input goes on with the same processes; seconds count from the start of the run', async () => {
  const { code, phases, ended } = await caption('broken.mp4', 'red.mp4');
  expect(code).toBe(3);
  expect(phases.slice(0, 2)).toEqual(['probing', 'probing']);
  expect(phases.at(-1)).toBe('captioning');
  const [, second] = ended;
  expect(second).toMatchObject({ state: 'done', keyframes: 1 });
  expect(second?.seconds).toBeLessThan(60);
  const [alone] = (await caption('red.mp4')).ended;
  expect(alone?.seconds).toBeGreaterThan(60);
  expect(inferenceProcesses(process.pid)).toEqual([]);
});
