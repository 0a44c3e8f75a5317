import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run, start } from '../../cli/support/program.ts';
import { benches, colourVideo, jsonLines } from '../../cli/support/room.ts';
import { until } from '../../support/processes.ts';

const bench = benches(async (shared) => {
  await colourVideo(`${shared}/film.mp4`, ['white', 'red', 'blue', 'white', 'red', 'blue'], 4);
});

/** Plays a film at its own pace, to a file that `live` follows and into segments, as a recorder beside it would. */
function recorder(film: string, live: string, segments: string): ChildProcess {
  const to = `[f=mpegts:flush_packets=1]${live}|[f=segment:segment_time=4:segment_format=mpegts:strftime=1]${segments}`;
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-tune', 'zerolatency'];
  const env = { ...process.env, TZ: 'UTC' };
  return spawn('ffmpeg', ['-v', 'error', '-nostdin', '-re', '-i', film, '-map', '0:v', ...encoder, '-f', 'tee', to], {
    env,
  });
}

test('captions name the segment that another program records meanwhile, and export cuts out of it', async () => {
  const { bundle, env, folder, shared, at } = await bench('live-segments');
  const how = { cwd: folder, env: { ...env, TZ: 'UTC' } };
  await mkdir(at('rec/front'), { recursive: true });
  const recording = recorder(`${shared}/film.mp4`, at('front.ts'), at('rec/front/%Y-%m-%d_%H-%M-%S.ts'));
  const state = ['--state', at('cams.db')];
  const frames = ['--frames', 'every:1s', '--min-confidence', '0'];
  const live = await start(
    ['live', `front=${at('front.ts')}`, '--segments', at('rec'), ...state, ...frames, '--json', '--model', bundle],
    how,
  );
  let out = '';
  live.child.stdout?.on('data', (text: string) => {
    out += text;
  });
  const lines = () => jsonLines(out.slice(0, out.lastIndexOf('\n') + 1));
  const cueOf = () => lines().find(({ event, file }) => event === 'cue' && file !== undefined);
  try {
    await until(cueOf, 240, 'a cue with its file');
  } finally {
    live.child.kill('SIGINT');
    await live.ended;
    const stopped = once(recording, 'close');
    recording.kill();
    await stopped;
  }
  const cue = cueOf();
  expect(path.dirname(String(cue?.file))).toBe(at('rec/front'));
  expect(cue?.offset).toBeGreaterThanOrEqual(0);
  const caption = lines().find(
    ({ event, text, file }) => event === 'caption' && text === cue?.text && file === cue?.file,
  );
  expect(caption).toBeDefined();

  const { stdout } = await run(['search', 'bright', ...state, '--json'], how);
  const hit = jsonLines(stdout).find(({ file, offset }) => file === cue?.file && offset === cue?.offset);
  expect(hit).toMatchObject({ camera: 'front', text: cue?.text });
  const exported = await run(['export', String(hit?.id), ...state, '-o', at('clip.mp4')], how);
  expect([exported.code, exported.stderr]).toEqual([0, expect.any(String)]);
});

test('--segments that cannot be used is refused', async () => {
  const { folder, env, at } = await bench('live-segments-refused');
  for (const [args, said] of [
    [['--segments', at('none')], `--segments ${at('none')}: there is no such folder`],
    [['--segments', import.meta.filename], 'is not a folder'],
    [['--segment-names', '%s'], '--segment-names belongs to --segments'],
    [['--segments', folder, '--segment-names', '{camera}'], 'needs %Y, %m and %d, or %s'],
  ] as const) {
    const { code, stderr } = await run(['live', 'rtsp://127.0.0.1:1/a', ...args], { cwd: folder, env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) });
  }
});
