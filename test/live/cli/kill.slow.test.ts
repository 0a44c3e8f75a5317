import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { WebVTTParser } from 'webvtt-parser';
import { parsePlaylist } from '../../../src/live/outputs/hls/live-playlist.ts';
import { startWebhook } from '../../archive/support/receivers.ts';
import { type Running, run, start } from '../../cli/support/program.ts';
import { type Bench, benches, colourVideo, jsonLines } from '../../cli/support/room.ts';
import { type Colour, TEXTS } from '../../support/tiny-bundle.ts';
import type { Sender } from '../support/live-runs.ts';

vi.setConfig({ testTimeout: 600_000 });

const COLOURS = ['red', 'white', 'blue', 'yellow', 'green', 'gray', 'purple'] satisfies Colour[];
/** How long each is shown, in milliseconds. */
const LASTS = 2000;
const CYCLE = COLOURS.length * LASTS;
const KILLS = 6;

const bench = benches(async (shared) => {
  const codec = ['-c:v', 'mpeg2video', '-g', '10'];
  await colourVideo(`${shared}/cycle.ts`, COLOURS, LASTS / 1000, codec);
  await colourVideo(`${shared}/still.ts`, ['white'], 10, codec);
});

/** Sends a film again and again at the pace of the clock, as a file that grows and as live HLS. */
function sendFor(film: string, file: string, playlist: string): Sender {
  const hls = 'f=hls:hls_time=2:hls_list_size=4:hls_flags=delete_segments';
  const to = ['-f', 'tee', `[f=mpegts:flush_packets=1]${file}|[${hls}]${playlist}`];
  const input = ['-stream_loop', '-1', '-re', '-i', film, '-map', '0:v', '-c', 'copy'];
  const process = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...input, ...to], { stdio: 'inherit' });
  const ended = once(process, 'exit');
  return {
    process,
    [Symbol.asyncDispose]: async () => {
      process.kill('SIGKILL');
      await ended;
    },
  };
}

interface DayCue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The cues of a source's day files, which must be whole, in order, without overlaps, and alike in both formats. */
async function dayCues({ at, read }: Bench, source: string): Promise<DayCue[]> {
  const names = (await readdir(at('out', source))).sort();
  const cues: DayCue[] = [];
  for (const name of names.filter((one) => one.endsWith('.jsonl'))) {
    const lines = jsonLines(await read(`out/${source}/${name}`));
    const day = name.replace('.jsonl', '');
    const midnight = Date.parse(`${day}T00:00:00Z`);
    const found = lines.map(({ start, end, text }) => {
      return { start: Date.parse(String(start)), end: Date.parse(String(end)), text: String(text) };
    });
    const vtt = new WebVTTParser({}).parse(await read(`out/${source}/${day}.vtt`), 'metadata');
    const shown = vtt.cues.map(({ startTime, endTime, text }) => {
      return { start: midnight + Math.round(startTime * 1000), end: midnight + Math.round(endTime * 1000), text };
    });
    // A kill may come between the writing of one and of the other.
    expect(vtt.errors).toEqual([]);
    const only = [...found.filter((cue) => !has(shown, cue)), ...shown.filter((cue) => !has(found, cue))];
    expect(only.length).toBeLessThanOrEqual(KILLS);
    cues.push(...found);
  }
  for (const [n, cue] of cues.entries()) {
    expect(cue.end).toBeGreaterThan(cue.start);
    const before = cues[n - 1];
    if (before !== undefined) expect(cue.start).toBeGreaterThanOrEqual(before.end);
  }
  return cues;
}

function has(cues: readonly DayCue[], { start, text }: DayCue): boolean {
  return cues.some((cue) => cue.start === start && cue.text === text);
}

/** What a player saw of a playlist: segments never change, and numbers never go back. */
class PlaylistWatcher {
  readonly #bench: Bench;
  readonly #source: string;
  readonly #segments = new Map<string, string>();
  #last = -1;
  readonly discontinuities = new Set<string>();

  constructor(room: Bench, source: string) {
    this.#bench = room;
    this.#source = source;
  }

  async look(): Promise<void> {
    const folder = `out/${this.#source}`;
    const text = await this.#bench.read(`${folder}/captions.m3u8`).catch(() => undefined);
    if (text === undefined) return;
    const playlist = parsePlaylist(text);
    if (playlist === undefined) throw new Error(`not a playlist: ${text}`);
    const last = playlist.sequence + playlist.entries.length - 1;
    expect(last).toBeGreaterThanOrEqual(this.#last);
    this.#last = last;
    let end = 0;
    for (const { name, start, duration, discontinuity } of playlist.entries) {
      expect(start).toBeGreaterThanOrEqual(end);
      if (start > end && end > 0) expect(discontinuity).toBe(true);
      end = start + duration;
      if (discontinuity) this.discontinuities.add(name);
      const segment = await this.#bench.read(`${folder}/${name}`);
      expect(this.#segments.get(name) ?? segment).toBe(segment);
      this.#segments.set(name, segment);
      expect(new WebVTTParser({}).parse(segment.replace(/\nX-TIMESTAMP-MAP.*/, ''), 'metadata').errors).toEqual([]);
    }
  }
}

test('killed again and again, live goes on: nothing twice, nothing torn, no long caption lost', async () => {
  const room = await bench('live-killed');
  const { bundle, env, folder, shared, at } = room;
  const how = { cwd: folder, env: { ...env, TZ: 'UTC' } };
  const webhook = await startWebhook();
  const began = Date.now();
  await using _ = sendFor(`${shared}/cycle.ts`, at('now.ts'), at('tv.m3u8'));
  await using __ = sendFor(`${shared}/still.ts`, at('still.ts'), at('unused.m3u8'));
  const files = [at('now.ts'), at('tv.m3u8'), at('still.ts')];
  await vi.waitFor(() => Promise.all(files.map((file) => readFile(file))), { timeout: 60_000, interval: 100 });
  const sources = [`file=${at('now.ts')}`, `tv=${at('tv.m3u8')}`, `still=${at('still.ts')}`];
  const outputs = ['-o', at('out'), '--state', at('cams.db'), '--webhook', `http://127.0.0.1:${webhook.port}/`];
  const watched = ['--notify', 'wall', '--exact', '--notify-confidence', '0', '--notify-pause', '30m'];
  const model = ['--model', bundle, '--workers', '1', '--json'];
  const players = ['file', 'tv', 'still'].map((source) => new PlaylistWatcher(room, source));
  const kills: { readonly from: number; readonly to: number }[] = [];
  for (let round = 0; round <= KILLS; round += 1) {
    const running: Running = await start(['live', ...sources, ...outputs, ...watched, ...model], how);
    const seen = new Set<string>();
    running.child.stdout?.on('data', (text: string) => {
      for (const [, source = ''] of text.matchAll(/"event":"caption","source":"(\w+)"/g)) seen.add(source);
    });
    await vi.waitFor(() => expect(seen.size).toBe(3), { timeout: 120_000, interval: 50 });
    const from = Date.now();
    const until = from + (round === KILLS ? 12_000 : Math.random() * 16_000);
    while (Date.now() < until) {
      for (const player of players) await player.look();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // The last run ends properly: the one before left something to it, too.
    running.child.kill(round === KILLS ? 'SIGTERM' : 'SIGKILL');
    const { stderr } = await running.ended;
    expect(stderr).toBe('');
    kills.push({ from, to: Date.now() });
  }
  for (const player of players) await player.look();
  for (const player of players) expect(player.discontinuities.size).toBeGreaterThan(0);

  const changing = await dayCues(room, 'file');
  const lasts = await dayCues(room, 'still');
  const tv = await dayCues(room, 'tv');
  // Each caption stands where its picture was shown.
  const offset = (time: number): number => (((time - began) % CYCLE) + CYCLE) % CYCLE;
  const zero = changing.map(({ start, text }) => {
    const colour = COLOURS.findIndex((one) => TEXTS[one].text === text || TEXTS[one].draft === text);
    return offset(start - colour * LASTS);
  });
  expect(changing.length).toBeGreaterThan(KILLS);
  // The first of a run begins while its colour is shown, and each a frame late at most.
  const apart = zero.map((time) => offset(began + time - (zero[0] ?? 0) + CYCLE / 2) - CYCLE / 2);
  expect(Math.max(...apart) - Math.min(...apart)).toBeLessThan(LASTS + 1000);
  expect(tv.length).toBeGreaterThan(KILLS);
  for (const { from, to } of kills.filter(({ from, to }) => to - from > 9000)) {
    const cue = lasts.find(({ start, end }) => start < from + 1000 && end > to - 8000);
    expect({ from, to, cue }).toMatchObject({ cue: { text: TEXTS.white.text } });
  }

  const found = await run(['search', 'wall', '--exact', '--state', at('cams.db'), '--json', '--limit', '1000'], how);
  const hits = jsonLines(found.stdout);
  const archived = (source: string, shortest = 0): string[] =>
    hits
      .filter(({ camera, time, end }) => {
        return camera === source && Date.parse(String(end)) - Date.parse(String(time)) >= shortest;
      })
      .map(({ time }) => new Date(String(time)).toISOString())
      .sort();
  const written = (cues: readonly DayCue[]): string[] =>
    cues.flatMap(({ text, start }) => (text.includes('wall') ? [new Date(start).toISOString()] : []));
  // The archive has every caption at once. A day's file may lack one that a kill came upon in its first seconds.
  expect(archived('still')).toEqual([...new Set(archived('still'))]);
  expect(archived('still')).toEqual(expect.arrayContaining(written(lasts)));
  expect(written(lasts)).toEqual(expect.arrayContaining(archived('still', 6000)));
  for (const [source, cues] of [
    ['file', changing],
    ['tv', tv],
  ] as const) {
    expect(archived(source)).toEqual([...new Set(archived(source))]);
    const missing = written(cues).filter((time) => !archived(source).includes(time));
    expect(missing.length).toBeLessThanOrEqual(KILLS);
  }
  const ids = webhook.received.map(({ body }) => String(body.id));
  expect(ids).toEqual([...new Set(ids)]);
  // The wall of `still` never went away: one notification for all runs.
  expect(webhook.received.filter(({ body }) => body.camera === 'still')).toHaveLength(1);
  await webhook.close();
});
