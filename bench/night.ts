// Hours of video that eight hours of work caption on this machine: npm run build && npx tsx bench/night.ts [MINUTES]
// Three generated cameras (1080p H.264, a key frame a second, noise) of MINUTES each: nothing moves; something moves a tenth
// of the time; always. The built program captions each with `watch --once`, the default bundle and all cores, then with
// the sparser plans that `watch` uses when the time window is too short. Run it on an idle machine.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { openDatabase } from '../src/archive/index/database.ts';
import { PLANS, type Plan } from '../src/archive/recordings/plan.ts';
import { recordingsWhere } from '../src/archive/recordings/recordings.ts';
import { ffmpeg, makeFolder } from '../test/support/videos.ts';

const run = promisify(execFile);
const HOURS = 8;
const MAIN = path.join(import.meta.dirname, '../dist/cli/main.js');
const MINUTES = Number(process.argv[2] ?? 10);
/** Seconds of each minute in which a person crosses the picture. */
const CAMERAS = { still: 0, 'a tenth': 6, busy: 60 } as const;

if (!existsSync(MAIN)) throw new Error(`${MAIN} does not exist: npm run build`);

/** A room that a person crosses, `moving` seconds of every minute. */
async function makeCamera(file: string, moving: number): Promise<void> {
  const room = `gradients=s=1920x1080:r=15:c0=0x605040:c1=0x90a090:x0=0:y0=0:x1=1919:y1=1079:speed=0.00001:d=${60 * MINUTES}`;
  const person = `color=0x203060:s=160x420:r=15:d=${60 * MINUTES}`;
  const x = `if(lt(mod(t,60),${moving}),mod(t*180,2080)-160,-200)`;
  const graph = `${room}[room];${person}[person];[room][person]overlay=x='${x}':y=500,noise=alls=4:allf=t[v]`;
  await ffmpeg(
    ...['-filter_complex', graph, '-map', '[v]', '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '28'],
    ...['-g', '15', '-pix_fmt', 'yuv420p', file],
  );
}

interface Captioned {
  readonly seconds: number;
  readonly keyframes: number;
}

const folder = await makeFolder();

async function watch(name: string, file: string): Promise<Captioned> {
  const state = path.join(folder.path, `${name}.db`);
  const env = { ...process.env, SECONDGLANCE_STATE_DIR: path.join(folder.path, 'state') };
  await run(process.execPath, [MAIN, 'watch', path.dirname(file), '--once', '--settle', '0s', '--state', state], {
    env,
  });
  const db = openDatabase(state, { create: false });
  const [recording] = recordingsWhere(db, "r.state = 'done'");
  db.close();
  if (recording === undefined) throw new Error(`${file} was not captioned`);
  return { seconds: recording.seconds ?? 0, keyframes: recording.keyframes ?? 0 };
}

async function caption(file: string, { frames, passes }: Plan): Promise<Captioned> {
  const env = { ...process.env, SECONDGLANCE_STATE_DIR: path.join(folder.path, 'state') };
  const args = ['caption', file, '--frames', frames, '--passes', String(passes), '--json', '--force', '--no-resume'];
  const { stdout } = await run(process.execPath, [MAIN, ...args, '-o', path.join(folder.path, 'track.vtt')], {
    env,
    maxBuffer: 2 ** 26,
  });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string } & Captioned);
  const end = events.find(({ event }) => event === 'end');
  if (end === undefined) throw new Error(`${file} was not captioned`);
  return end;
}

try {
  const [full, ...sparser] = PLANS;
  process.stdout.write(
    `${os.cpus().length} cores (${os.cpus()[0]?.model}), ${MINUTES} minutes of 1080p for each camera\n\n`,
  );
  process.stdout.write(
    '| camera | plan | keyframes a minute | times real time | hours in 8 hours |\n| --- | --- | --- | --- | --- |\n',
  );
  const report = (name: string, plan: Plan, { seconds, keyframes }: Captioned): void => {
    const speed = (60 * MINUTES) / seconds;
    const cells = [name, plan.name, (keyframes / MINUTES).toFixed(1), speed.toFixed(1), Math.round(HOURS * speed)];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  };
  for (const [name, moving] of Object.entries(CAMERAS)) {
    const file = path.join(folder.path, name, 'front.mp4');
    await mkdir(path.dirname(file));
    await makeCamera(file, moving);
    report(name, full, await watch(name, file));
    for (const plan of sparser) report(name, plan, await caption(file, plan));
  }
} finally {
  await folder.remove();
}
