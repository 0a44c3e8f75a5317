/**
 * The page's server with many videos and many browsers: how long lists take, how late events are, what it needs in memory, and
 * when the page shows its list. Needs an idle machine; the first view needs Chromium.
 *
 *   npm run bench:serve
 *   npm run bench:serve -- --videos 200 --browsers 5 --rounds 3    quickly, to see that it runs
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { StoredVideo } from '../src/web/store/documents.ts';
import { VideoStore } from '../src/web/store/video-store.ts';
import { DataFolder } from '../src/web/videos/data-folder.ts';
import { chromiumPath, NO_CHROMIUM } from '../test/players/support/browser.ts';
import { makeFolder } from '../test/support/videos.ts';
import { startServer, type TestServer } from '../test/web/support/server.ts';
import { EventClients } from './support/event-clients.ts';
import { firstViews } from './support/first-view.ts';
import { memoryOf, percentile, timed } from './support/measures.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    videos: { type: 'string', default: '10000' },
    browsers: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '50' },
  },
});
const [videos, browsers, rounds] = [values.videos, values.browsers, values.rounds].map(Number) as [
  number,
  number,
  number,
];

function idOf(at: number): string {
  return `v${at.toString(16).padStart(24, '0')}`;
}

/** A captioned video, as the store has it. */
function videoAt(at: number): StoredVideo {
  const name = `holiday ${at} in the mountains.mp4`;
  return {
    ...{ id: idOf(at), name, source: { kind: 'file', input: `/films/${name}`, label: `/films/${name}` }, options: {} },
    ...{
      state: 'done',
      added: Date.now(),
      begun: Date.now(),
      ended: Date.now(),
      keyframes: 400,
      covered: 600,
      cues: 120,
    },
    media: { duration: 600, width: 1920, height: 1080, codec: 'h264', container: 'mov,mp4', type: 'video/mp4' },
    ...{ edited: false, proxy: false, problems: [] },
  };
}

function tell(what: string, ms: readonly number[]): void {
  const [median, p95, most] = [0.5, 0.95, 1].map((share) => percentile(ms, share).toFixed(1));
  process.stdout.write(`${what.padEnd(46)} median ${median} ms, 95 % ${p95} ms, most ${most} ms\n`);
}

/** Lists: the first page, the last, and a search that finds one. */
async function lists({ client }: TestServer): Promise<void> {
  let cursor: string | undefined;
  const pages = await timed(1, async () => {
    do {
      const page = await client('GET /videos', { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } });
      cursor = page.next;
    } while (cursor !== undefined);
  });
  tell('first page of 50', await timed(rounds, () => client('GET /videos')));
  tell(`all pages of 200, ${videos} videos`, pages);
  tell(
    'a search that finds one',
    await timed(rounds, () => client('GET /videos', { query: { search: `${videos - 1} in` } })),
  );
}

/** Events: from the request that causes one until each browser, and the last of them, has it. */
async function events({ api, client, running }: TestServer): Promise<void> {
  const before = await memoryOf(running.pid);
  const clients = await EventClients.open(`${api}/events`, browsers);
  const [all, last]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const id = idOf(round % videos);
    const heard = clients.next('edits');
    const from = performance.now();
    const cues = [{ start: 0, end: 2, text: `Round ${round}` }];
    await client('PUT /videos/{id}/edits', { params: { id }, body: { cues }, ifMatch: '*' });
    const late = (await heard).map((at) => at - from);
    all.push(...late);
    last.push(Math.max(...late));
  }
  tell(`an edit until a browser has it, ${browsers} browsers`, all);
  tell('until the last browser has it', last);
  const after = await memoryOf(running.pid);
  process.stdout.write(`memory: ${before} MiB without browsers, ${after} MiB with ${browsers}\n`);
  clients.close();
}

const folder = await makeFolder();
const data = new DataFolder(path.join(folder.path, 'data'));
await mkdir(data.root, { mode: 0o700 });
const store = new VideoStore(data.database);
const adding = await timed(1, async () => {
  for (let at = 0; at < videos; at += 1) store.add(videoAt(at));
});
store.close();
tell(`adding ${videos} videos to the store`, adding);
const server = await startServer(['--data', data.root], { cwd: folder.path, env: {} });
try {
  await lists(server);
  await events(server);
  const chromium = chromiumPath();
  if (chromium === undefined) process.stdout.write(`first view: ${NO_CHROMIUM}\n`);
  else {
    const { paint, list } = await firstViews(chromium, server.address, Math.min(rounds, 10));
    tell('first view: first paint', paint);
    tell('first view: the list is there', list);
  }
} finally {
  await server.stop();
  await folder.remove();
}
