/**
 * How late live captions are, and whether `live` stays the same for days.
 *
 *   node --import tsx bench/live.ts latency [--seconds 300] [--cameras 1] [--passes 2] [--workers N] [--model NAME|PATH]
 *   node --import tsx bench/live.ts soak [--hours 24] [--speed 60] [--cameras 2]
 *
 * `latency`: ffmpeg sends MPEG-TS over UDP in real time, a key frame every two seconds, each in another scene; prints the median and the 95th
 * percentile from the time of a frame to its caption.
 *
 * `soak`: streams that take `hours` at `speed` times the pace go through the whole of `live`, with a captioner that answers at once and a clock
 * that runs as fast, into playlists, day files and an archive. The counters wrap around on the way, the day ends after two fifths, and each stream
 * breaks off every three hours. Prints memory, open handles and files after 5 %, in between and at the end. What grows, a time that goes back, and
 * a file that is not whole make the exit code 1. Needs --expose-gc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadCaptioner } from '../src/captioning/open-captioner.ts';
import { type Clock, SYSTEM_CLOCK } from '../src/core/time/clock.ts';
import type { Caption } from '../src/core/types.ts';
import { parseLiveSources } from '../src/ingest/live/live-source.ts';
import { Latencies } from '../src/live/latencies.ts';
import type { LiveEvent, LiveOutput } from '../src/live/live-event.ts';
import type { LiveSummary } from '../src/live/live-summary.ts';
import { LIVE_TIMINGS } from '../src/live/live-timings.ts';
import { parsePlaylist } from '../src/live/outputs/hls/live-playlist.ts';
import { openLiveOutputs } from '../src/live/outputs/open-live-outputs.ts';
import { type LiveRun, runLive } from '../src/live/run-live.ts';
import type { Captioner } from '../src/workers/captioner.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '300' },
    cameras: { type: 'string' },
    passes: { type: 'string', default: '2' },
    workers: { type: 'string' },
    model: { type: 'string' },
    hours: { type: 'string', default: '24' },
    speed: { type: 'string', default: '60' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  return port;
}

function send(input: readonly string[], encoder: readonly string[], port: number): ChildProcess {
  const output = ['-pix_fmt', 'yuv420p', '-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=188`];
  return spawn('ffmpeg', ['-v', 'error', '-nostdin', ...input, ...encoder, ...output], { stdio: 'ignore' });
}

function listener(write: (event: LiveEvent) => void): LiveOutput {
  return { usesPictures: false, write: async (event) => write(event), close: async () => undefined };
}

async function run(
  ports: readonly number[],
  more: Pick<LiveRun, 'captioner' | 'outputs' | 'signal'> & Partial<LiveRun>,
) {
  return runLive({
    sources: await parseLiveSources(
      ports.map((port, n) => `camera${n}=udp://127.0.0.1:${port}`),
      {},
    ),
    ...{ passes: 1, minConfidence: 0, choice: { mode: 'auto' }, rtspTransport: 'tcp', follow: true },
    note: say,
    ...more,
  });
}

function report({ sources, latency }: LiveSummary): void {
  for (const source of sources) say(JSON.stringify(source));
  say(`from the arrival of a frame to its caption: median ${latency?.median} ms, 95th percentile ${latency?.p95} ms`);
}

async function latency(cameras: number): Promise<void> {
  const seconds = Number(values.seconds);
  const passes = values.passes === '1' ? 1 : 2;
  const captioner = await loadCaptioner({
    ...{ model: values.model, passes, processes: values.workers === undefined ? undefined : Number(values.workers) },
  });
  await captioner.open();
  const ports = await Promise.all(Array.from({ length: cameras }, freePort));
  // The hue turns with each key frame, so that every one shows something else.
  const picture = `testsrc2=s=1280x720:r=15,hue=h='90*floor(t/2)'`;
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '30'];
  const senders = ports.map((port) => send(['-re', '-f', 'lavfi', '-i', picture], encoder, port));
  const latencies = new Latencies();
  const output = listener((event) => {
    if (event.kind === 'caption') latencies.add(Date.now() - event.at);
  });
  const signal = AbortSignal.timeout(seconds * 1000);
  const summary = await run(ports, { captioner, outputs: [output], signal, passes });
  for (const sender of senders) sender.kill('SIGKILL');
  await captioner.close();
  report(summary);
  const [median, p95] = [latencies.quantile(0.5), latencies.quantile(0.95)];
  say(`from the time of a frame to its caption: median ${median} ms, 95th percentile ${p95} ms`);
}

/** A clock from `now` on, `speed` times as fast as that of this machine. Once the signal aborts, it lets outputs end in real time. */
function fastClock(speed: number, now: number, ending: AbortSignal): Clock {
  const elapsed = performance.now();
  const passed = (): number => (performance.now() - elapsed) * speed;
  return {
    now: () => now + passed(),
    elapsed: passed,
    sleep: (ms, signal) => SYSTEM_CLOCK.sleep(ending.aborted ? ms : ms / speed, signal),
  };
}

/** Other words for every ten seconds of a stream. */
function wordyCaptioner(): Captioner {
  return {
    model: { name: 'words', version: '1', sha256: '' },
    runtime: 'none',
    image: { width: 64, height: 48, resize: 'stretch', filter: 'bilinear', matrix: 'bt601' },
    concurrency: 1,
    open: async () => undefined,
    close: async () => undefined,
    caption: async ({ keyframes }, { passes }) =>
      keyframes.map(({ video, index, pts, still }): Caption => {
        const text = `a picture of the number ${Math.floor(pts / 10e6)}`;
        return { video, index, pts, still, draft: text, text, confidence: 0.5, passes };
      }),
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return Number.NaN;
  }
}

/** How much of the playlists is kept. */
const WINDOW_MS = 300_000;

interface Measure {
  readonly heap: number;
  readonly handles: number;
  readonly files: number;
  /** Files in the folders of sources. */
  readonly written: number;
}

/** What a file of a day must not be: torn, out of order, overlapping. */
function dayProblems(folder: string, sources: readonly string[]): string[] {
  return sources.flatMap((source) => {
    const names = readdirSync(path.join(folder, source)).sort();
    const days = names.filter((name) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(name));
    const lines = days.flatMap((name) =>
      readFileSync(path.join(folder, source, name), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    const cues = lines.map((line) => JSON.parse(line) as { start: string; end: string });
    const overlaps = cues.filter(({ start }, n) => start < (cues[n - 1]?.end ?? ''));
    const playlist = parsePlaylist(readFileSync(path.join(folder, source, 'captions.m3u8'), 'utf8'));
    say(`${source}: ${days.length} days, ${cues.length} cues, ${playlist?.entries.length} segments in the playlist`);
    return [
      ...(days.length < 2 ? [`${source} has the files of ${days.length} day`] : []),
      ...(overlaps.length > 0 ? [`${source}: ${overlaps.length} cues overlap`] : []),
      ...(playlist === undefined ? [`${source}: the playlist is damaged`] : []),
    ];
  });
}

function growth(first: Measure | undefined, last: Measure | undefined, cameras: number): string[] {
  if (first === undefined || last === undefined) return ['the run was too short to measure'];
  const grew = (what: keyof Measure, most: number): string[] =>
    last[what] <= most ? [] : [`${what} grew from ${first[what]} to ${last[what]}`];
  return [
    ...grew('heap', 1.25 * first.heap + 2 * 2 ** 20),
    ...grew('handles', first.handles + 4),
    ...grew('files', first.files + 4),
    // Segments of the playlist; those for which players may still ask, one more; as many again after a pause of the machine, whose segments are
    // written at once, and all removed later. Besides: the folder, the playlist and its next version, two files of two days, two of the cue that is
    // shown, and two where a reconnection cuts a segment. What is never removed would be 14,400 a day.
    ...grew('written', cameras * (3 * (WINDOW_MS / 6000) + 1 + 1 + 2 + 4 + 2 + 2)),
  ];
}

async function soak(cameras: number): Promise<void> {
  const [hours, speed] = [Number(values.hours), Number(values.speed)];
  const realMs = (hours * 3_600_000) / speed;
  const ports = await Promise.all(Array.from({ length: cameras }, freePort));
  const input = ['-readrate', String(speed), '-f', 'lavfi', '-i', `testsrc=s=64x48:r=1,hue=h='40*t'`];
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '2'];
  // The counter of 26.5 hours wraps around in the second half of each stream.
  const offset = ['-output_ts_offset', '90000'];
  const senders = ports.map((port) => send(input, [...encoder, ...offset], port));
  const breaks = setInterval(
    () => {
      for (const [n, port] of ports.entries()) {
        senders[n]?.kill('SIGKILL');
        senders[n] = send(input, [...encoder, ...offset], port);
      }
    },
    (3 * 3_600_000) / speed,
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'live-soak-'));
  const names = ports.map((_, n) => `camera${n}`);
  const midnight = Math.ceil(Date.now() / 86_400_000) * 86_400_000;
  const ending = new AbortController();
  const clock = fastClock(speed, midnight - 0.4 * hours * 3_600_000, ending.signal);
  const alerts = { queries: [], exact: false, minConfidence: 0.5, zone: 'UTC', pause: 0 };
  const places = { folder: path.join(folder, 'out'), stateFile: path.join(folder, 'state.db') };
  const outputs = await openLiveOutputs(
    { sources: names, ...places, window: WINDOW_MS, zone: 'UTC', events: false, alerts },
    { clock, report: say },
  );
  let events = 0;
  let back = 0;
  const latest = new Map<string, number>();
  const output = listener((event) => {
    events += 1;
    if (event.kind !== 'caption') return;
    if (event.at <= (latest.get(event.source) ?? Number.NEGATIVE_INFINITY)) back += 1;
    latest.set(event.source, event.at);
  });
  const measures: Measure[] = [];
  const measure = (share: number): void => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    const handles = process.getActiveResourcesInfo().length;
    const written = existsSync(places.folder) ? readdirSync(places.folder, { recursive: true }).length : 0;
    measures.push({ heap: heapUsed, handles, files: openFiles(), written });
    const part = `${Math.round(share * 100)} %`.padStart(5);
    say(
      `${part}: ${mib(rss)} MiB, heap ${mib(heapUsed)} MiB, ${handles} handles, ${openFiles()} open files, ${written} written, ${events} events`,
    );
  };
  const timers = [0.05, 0.25, 0.5, 0.75, 0.99].map((share) => setTimeout(() => measure(share), share * realMs));
  // A busy machine may pause for a second, which is a minute of the stream.
  const timings = {
    ...LIVE_TIMINGS,
    firstPicture: 600_000,
    stalled: 300_000,
    lost: 600_000,
    secondKey: 600_000,
    check: 5000,
  };
  setTimeout(() => ending.abort(), realMs);
  const { signal } = ending;
  const all = [output, ...outputs];
  const summary = await run(ports, { captioner: wordyCaptioner(), outputs: all, signal, clock, timings });
  clearInterval(breaks);
  for (const timer of timers) clearTimeout(timer);
  for (const sender of senders) sender.kill('SIGKILL');
  report(summary);
  const problems = [...growth(measures[1], measures.at(-1), cameras), ...dayProblems(places.folder, names)];
  if (back > 0) problems.push(`the times of ${back} captions went back`);
  for (const problem of problems) say(`PROBLEM: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else say('nothing grew, no time went back, every file is whole');
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

const [mode] = positionals;
if (mode === 'latency') await latency(Number(values.cameras ?? 1));
else if (mode === 'soak') await soak(Number(values.cameras ?? 2));
else throw new Error('Say what to measure: node --import tsx bench/live.ts latency|soak');
