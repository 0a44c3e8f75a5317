import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Caption, ImageSpec } from '../../../src/core/types.ts';
import { parseLiveSources } from '../../../src/ingest/live/live-source.ts';
import type { LiveCaption, LiveEvent, LiveOutput, StateChange } from '../../../src/live/live-event.ts';
import type { LiveSummary } from '../../../src/live/live-summary.ts';
import { LIVE_TIMINGS, type LiveTimings } from '../../../src/live/live-timings.ts';
import { type LiveRun, runLive } from '../../../src/live/run-live.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';

const IMAGE: ImageSpec = { width: 32, height: 32, resize: 'stretch', filter: 'bilinear', matrix: 'bt601' };

/** Short enough for tests; long enough for a busy machine. */
export const QUICK: LiveTimings = {
  ...LIVE_TIMINGS,
  firstPicture: 15_000,
  stalled: 2500,
  lost: 4000,
  secondKey: 12_000,
  check: 100,
  firstRetry: 200,
  longestRetry: 1000,
};

/** Writes the name of a picture's colour. */
export function colourCaptioner(delay = 0): Captioner {
  return {
    model: { name: 'colours', version: '1', sha256: '' },
    runtime: 'test',
    image: IMAGE,
    concurrency: 1,
    open: async () => undefined,
    close: async () => undefined,
    async caption({ keyframes }, { passes }) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      return keyframes.map(({ video, index, pts, still, pixels }): Caption => {
        const sums = [0, 0, 0];
        for (const [at, value] of pixels.entries()) sums[at % 3] = (sums[at % 3] ?? 0) + value;
        const text = ['red', 'green', 'blue'][sums.indexOf(Math.max(...sums))] ?? '';
        return { video, index, pts, still, draft: text, text, confidence: 0.9, passes };
      });
    },
  };
}

/** A run of `live` in this process. */
export interface LiveTest extends AsyncDisposable {
  readonly events: LiveEvent[];
  readonly notes: string[];
  readonly ended: Promise<LiveSummary>;
  /** Waits for an event that comes from now on or has come; fails after 40 seconds with what came instead. */
  until<Event extends LiveEvent>(found: (event: LiveEvent) => event is Event): Promise<Event>;
  until(found: (event: LiveEvent) => boolean): Promise<LiveEvent>;
  stop(): Promise<LiveSummary>;
}

/** Starts `live` on sources, with the captioner of colours. */
export async function startLive(texts: readonly string[], more: Partial<LiveRun> = {}): Promise<LiveTest> {
  const controller = new AbortController();
  const events: LiveEvent[] = [];
  const notes: string[] = [];
  let wake: (() => void)[] = [];
  const output: LiveOutput = {
    usesPictures: false,
    async write(event) {
      events.push(event);
      for (const resolve of wake) resolve();
      wake = [];
    },
    close: async () => undefined,
  };
  const ended = runLive({
    sources: await parseLiveSources(texts, process.env),
    captioner: colourCaptioner(),
    ...{ passes: 1, minConfidence: 0, choice: { mode: 'keyframes' }, rtspTransport: 'tcp', follow: true },
    ...{ outputs: [output], signal: controller.signal, timings: QUICK },
    note: (line) => void notes.push(line),
    ...more,
  });
  ended.catch(() => undefined);
  const stop = (): Promise<LiveSummary> => {
    controller.abort();
    return ended;
  };
  return {
    events,
    notes,
    ended,
    stop,
    async until(found: (event: LiveEvent) => boolean) {
      const limit = Date.now() + 40_000;
      for (let at = 0; ; ) {
        for (; at < events.length; at++) {
          const event = events[at];
          if (event !== undefined && found(event)) return event as never;
        }
        if (Date.now() > limit) throw new Error(`not within 40 s, but ${JSON.stringify([...events, ...notes])}`);
        await new Promise<void>((resolve) => {
          wake.push(resolve);
          setTimeout(resolve, 1000);
        });
      }
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Finds a state, after another event where one is given. */
export function isState(state: StateChange['state'], after?: LiveEvent): (event: LiveEvent) => event is StateChange {
  let passed = after === undefined;
  return (event): event is StateChange => {
    if (passed && event.kind === 'state' && event.state === state) return true;
    passed ||= event === after;
    return false;
  };
}

/** Finds a caption by its text. */
export function isCaption(text: string): (event: LiveEvent) => boolean {
  return (event) => event.kind === 'caption' && event.text === text;
}

/** The captions of a source so far. */
export function captionsOf(events: readonly LiveEvent[], source?: string): LiveCaption[] {
  return events.filter((event): event is LiveCaption => {
    return event.kind === 'caption' && (source === undefined || event.source === source);
  });
}

/** A running ffmpeg that sends a stream. */
export interface Sender extends AsyncDisposable {
  readonly process: ChildProcess;
}

/** Starts an ffmpeg that sends at the pace of the clock. Its arguments come after the input, which shows `colours` for `seconds` each. */
export function startSender(colours: readonly string[], seconds: number, ...args: readonly string[]): Sender {
  const inputs = colours.flatMap((colour) => ['-re', '-f', 'lavfi', '-i', `color=${colour}:s=64x48:r=10:d=${seconds}`]);
  const joined = `${colours.map((_, at) => `[${at}]`).join('')}concat=n=${colours.length},noise=alls=8:allf=t[v]`;
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-g',
    '10',
    '-pix_fmt',
    'yuv420p',
  ];
  const process = spawn(
    'ffmpeg',
    ['-v', 'error', '-nostdin', '-y', ...inputs, '-filter_complex', joined, '-map', '[v]', ...encoder, ...args],
    { stdio: 'ignore' },
  );
  const ended = once(process, 'exit');
  return {
    process,
    [Symbol.asyncDispose]: async () => {
      process.kill('SIGKILL');
      await ended;
    },
  };
}

/** A UDP port that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
