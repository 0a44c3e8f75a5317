import { execFile } from 'node:child_process';
import { copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type GuardLists, openGuard, underGuard } from '../../../src/ingest/access/guard.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../../src/ingest/read-keyframes.ts';
import { ffmpegInput } from '../../../src/ingest/sources/ffmpeg-input.ts';
import type { Source } from '../../../src/ingest/sources/sources.ts';
import { errorOf, IMAGE, NEVER, readAll, sourceOf } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';
import { startWebServer, type WebServer } from '../../support/web-server.ts';

vi.setConfig({ testTimeout: 240_000 });

let root: Awaited<ReturnType<typeof makeFolder>>;
/** Allowed. */
let films: string;
/** Beside it, and not allowed: `films-private` begins like it. */
let outside: string;
const inFilms = (name: string): string => path.join(films, name);

beforeAll(async () => {
  root = await makeFolder();
  films = path.join(root.path, 'films');
  outside = path.join(root.path, 'films-private');
  await mkdir(films);
  await mkdir(outside);
  const made = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=3', '-c:v', 'mpeg2video', '-g', '10'];
  await ffmpeg(...made, inFilms('a.ts'));
  await copyFile(inFilms('a.ts'), path.join(outside, 'secret.ts'));
  const hls = ['-c', 'copy', '-f', 'hls', '-hls_time', '1', '-hls_playlist_type', 'vod'];
  await ffmpeg('-i', inFilms('a.ts'), ...hls, inFilms('list.m3u8'));
}, 120_000);
afterAll(() => root.remove());

/** Reads a source as the ingest service does. */
async function read(source: Source, lists: Partial<GuardLists> = { allowPaths: [films] }): Promise<number[]> {
  const guard = await openGuard({ allowPaths: [], allowUrls: [], ...lists });
  return underGuard(guard, source, async (opened) => {
    const media = await probe(opened, { signal: NEVER });
    const times: number[] = [];
    const options = { image: IMAGE, signal: NEVER, choice: { mode: 'keyframes' } as const };
    for await (const { pts } of readKeyframes(opened, media, options)) times.push(pts);
    return times;
  });
}

async function refused(file: string, lists?: Partial<GuardLists>): Promise<{ code?: string; message: string }> {
  const { code, message } = await errorOf(read(await sourceOf(file), lists));
  return { ...(code === undefined ? {} : { code }), message };
}

describe('files', () => {
  test('inside an allowed folder: the same frames as without a guard', async () => {
    for (const name of ['a.ts', 'list.m3u8']) {
      const file = inFilms(name);
      const { times } = await readAll(file, 'keyframes');
      expect(times.length).toBeGreaterThanOrEqual(3);
      expect(await read(await sourceOf(file))).toEqual(times);
    }
  });

  test('closed by default; outside; by a link; by ..; an allowed folder that is not there', async () => {
    const secret = path.join(outside, 'secret.ts');
    await symlink(secret, inFilms('link.ts'));
    await symlink(outside, inFilms('folder'));
    const attempts = [secret, inFilms('link.ts'), inFilms('folder/secret.ts'), inFilms('../films-private/secret.ts')];
    for (const file of attempts) expect(await refused(file)).toMatchObject({ code: 'path-not-allowed' });
    expect(await refused(inFilms('a.ts'), { allowPaths: [] })).toEqual({
      code: 'path-not-allowed',
      message: `${inFilms('a.ts')} may not be used by this service: it is not in a folder that SECONDGLANCE_ALLOW_PATHS allows`,
    });
    await expect(openGuard({ allowPaths: [inFilms('none')], allowUrls: [] })).rejects.toThrow(
      /none is not an existing folder/,
    );
  });

  test('what is not there outside is refused like what is', async () => {
    const guard = await openGuard({ allowPaths: [films], allowUrls: [] });
    const [there, notThere] = await Promise.all(
      ['secret.ts', 'none.ts'].map((name) => errorOf(guard.path(path.join(outside, name)))),
    );
    expect(there?.message.replace('secret', 'none')).toBe(notThere?.message);
    expect(await errorOf(guard.path(inFilms('none.ts')))).toMatchObject({ code: 'missing-file' });
    expect(await errorOf(guard.path(`${films}/a\0.ts`))).toMatchObject({ code: 'path-not-allowed' });
  });

  test('outputs: new folders inside; nothing outside, not by a link either', async () => {
    const guard = await openGuard({ allowPaths: [films], allowUrls: [] });
    expect(await guard.outputPath(inFilms('new/folder/a.vtt'))).toBe(inFilms('new/folder/a.vtt'));
    await symlink(outside, inFilms('out'));
    for (const file of [path.join(outside, 'a.vtt'), inFilms('out/a.vtt'), inFilms('../a.vtt'), '/etc/a.vtt']) {
      await expect(guard.outputPath(file)).rejects.toMatchObject({ code: 'path-not-allowed' });
    }
  });

  test.each([
    ['an absolute path', (secret: string) => secret],
    ['a file: address', (secret: string) => `file://${secret}`],
    ['a path upwards', () => '../films-private/secret.ts'],
    ['a link', () => 'hop.ts'],
    ['an address', () => 'http://127.0.0.1:9/a.ts'],
    ['a scheme in a scheme', (secret: string) => `crypto+file:${secret}`],
  ])('a playlist that leads to %s outside', async (name, entry) => {
    await symlink(path.join(outside, 'secret.ts'), inFilms('hop.ts')).catch(() => undefined);
    const line = entry(path.join(outside, 'secret.ts'));
    const head = '#EXTM3U\n#EXT-X-TARGETDURATION:3\n';
    const media = `${head}#EXTINF:3,\n${line}\n#EXT-X-ENDLIST\n`;
    const attribute = `${head}#EXT-X-MAP:URI="${line}"\n#EXTINF:3,\na.ts\n#EXT-X-ENDLIST\n`;
    const file = inFilms(`${name.replaceAll(/\W/g, '-')}.m3u8`);
    for (const text of [media, attribute]) {
      await writeFile(file, text);
      expect(await refused(file)).toMatchObject({ code: 'path-not-allowed' });
    }
    // One playlist further, and behind a tag that ffmpeg skips.
    await writeFile(file, media);
    await writeFile(
      inFilms('tagged.ts'),
      Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x02zz', 'latin1'), Buffer.from(media)]),
    );
    for (const nested of [path.basename(file), 'tagged.ts']) {
      await writeFile(inFilms('master.m3u8'), `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${nested}\n`);
      expect(await refused(inFilms('master.m3u8'))).toMatchObject({ code: 'path-not-allowed' });
    }
  });

  test('a named pipe is refused at once', async () => {
    await promisify(execFile)('mkfifo', [inFilms('pipe.ts')]);
    expect(await refused(inFilms('pipe.ts'))).toMatchObject({ code: 'not-a-file' });
    const list = '#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\npipe.ts\n#EXT-X-ENDLIST\n';
    await writeFile(inFilms('pipes.m3u8'), list);
    expect(await refused(inFilms('pipes.m3u8'))).toMatchObject({ code: expect.any(String) });
    expect(await errorOf(readAll(inFilms('pipe.ts'), 'keyframes'))).toMatchObject({ code: 'not-a-file' });
  });

  test('what was checked is what is read: a link that takes its place later changes nothing', async () => {
    const { times } = await readAll(inFilms('a.ts'), 'keyframes');
    await copyFile(inFilms('a.ts'), inFilms('swapped.ts'));
    const guard = await openGuard({ allowPaths: [films], allowUrls: [] });
    const found = await underGuard(guard, await sourceOf(inFilms('swapped.ts')), async (opened) => {
      await rename(inFilms('swapped.ts'), inFilms('aside.ts'));
      await symlink('/etc/hostname', inFilms('swapped.ts'));
      const media = await probe(opened, { signal: NEVER });
      const reader = readKeyframes(opened, media, { image: IMAGE, signal: NEVER, choice: { mode: 'keyframes' } });
      const seen: number[] = [];
      for await (const { pts } of reader) seen.push(pts);
      return seen;
    });
    expect(found).toEqual(times);
  });

  test('a concat list, whatever it is called', async () => {
    await writeFile(inFilms('concat.mp4'), "ffconcat version 1.0\nfile 'a.ts'\nfile 'hop.ts'\n");
    expect(await refused(inFilms('concat.mp4'))).toMatchObject({ code: 'blocked-format' });
  });
});

function png(width: number, height: number, rows: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 1; // one bit a pixel, grey
  const pixels = deflateSync(Buffer.alloc(rows * (1 + Math.ceil(width / 8))));
  const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

describe('pictures', () => {
  test('100k x 100k pixels, and 900 million in 0.1 MB: refused before they are decoded', async () => {
    await writeFile(inFilms('huge.png'), png(100_000, 100_000, 1));
    const bomb = png(30_000, 30_000, 30_000);
    expect(bomb.length).toBeLessThan(200_000);
    await writeFile(inFilms('bomb.png'), bomb);
    for (const name of ['huge.png', 'bomb.png']) {
      expect(await refused(inFilms(name))).toEqual({
        code: 'too-large',
        message: `The picture "${inFilms(name)}" has too many pixels.`,
      });
    }
  });

  test('a video that says 64x48 and then has a picture of 900 million pixels in it', async () => {
    await writeFile(inFilms('two.png'), Buffer.concat([png(64, 48, 48), png(30_000, 30_000, 30_000)]));
    await ffmpeg('-f', 'png_pipe', '-r', '1', '-i', inFilms('two.png'), '-c', 'copy', inFilms('two.mkv'));
    const before = process.memoryUsage().rss;
    const times = await read(await sourceOf(inFilms('two.mkv')));
    expect(times).toHaveLength(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
    // And one that is honest about it.
    await writeFile(inFilms('bomb2.png'), png(14_000, 14_000, 14_000));
    await ffmpeg('-f', 'png_pipe', '-r', '1', '-i', inFilms('bomb2.png'), '-c', 'copy', inFilms('one.mkv'));
    expect(await refused(inFilms('one.mkv'))).toMatchObject({ code: 'too-large' });
  });

  test('a drawing that is called a picture', async () => {
    await writeFile(inFilms('drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect(await refused(inFilms('drawing.png'))).toMatchObject({ code: 'not-media' });
  });
});

describe('addresses', () => {
  let friend: WebServer;
  let stranger: WebServer;
  beforeAll(async () => {
    friend = await startWebServer(films);
    stranger = await startWebServer(outside);
  });
  afterAll(() => Promise.all([friend.close(), stranger.close()]));

  const url = (input: string): Source => ({ kind: 'url', input, name: 'a', label: input });
  const asked = (input: string, allowUrls = [`${friend.url}/`]) => errorOf(read(url(input), { allowUrls }));

  test('on the list: the same frames as from the file, all through the proxy, in a process that has no_proxy', async () => {
    vi.stubEnv('no_proxy', '127.0.0.1');
    const { times } = await readAll(inFilms('a.ts'), 'keyframes');
    for (const name of ['a.ts', 'list.m3u8']) {
      expect(await read(url(`${friend.url}/${name}`), { allowUrls: [`${friend.url}/`] })).toEqual(times);
    }
    expect(friend.requests.length).toBeGreaterThanOrEqual(5);
    expect(friend.requests.filter(({ name }) => /\.(ts|m3u8)$/.test(name))).toEqual(friend.requests);
    expect(process.env.no_proxy).toBe('127.0.0.1');
    vi.unstubAllEnvs();
  });

  test('closed by default; another port; another path; user and password; no http', async () => {
    const closed = await asked(`${friend.url}/a.ts`, []);
    expect(closed).toMatchObject({ code: 'url-not-allowed', retryable: false });
    expect(closed.message).toMatch(/a\.ts may not be read by this service: .* SECONDGLANCE_ALLOW_URLS/);
    const addresses = [
      `${stranger.url}/secret.ts`,
      `${friend.url.replace('//', '//ann:hunter22@')}/a.ts`,
      `file://${inFilms('a.ts')}`,
      'ftp://127.0.0.1/a.ts',
      'concat:/etc/passwd',
      'nonsense',
    ];
    for (const address of addresses) {
      const { code, message } = await asked(address);
      expect({ address, code }).toEqual({ address, code: 'url-not-allowed' });
      expect(message).not.toMatch(/hunter22/);
    }
    expect(await asked(`${friend.url}/a.ts`, [`${friend.url}/b`])).toMatchObject({ code: 'url-not-allowed' });
  });

  test('hosts under a pattern have to be on the public internet, however their address is written', async () => {
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:10.0.0.1]', '10.0.0.1']) {
      expect(await asked(`http://${host}/a.ts`, ['*'])).toMatchObject({ code: 'address-not-allowed' });
    }
    for (const host of ['169.254.169.254', '[fe80::1]', '192.168.1.1', '172.16.0.1', '100.64.0.1', '[fd00::1]']) {
      expect(await asked(`https://${host}/`, ['*'])).toMatchObject({ code: 'address-not-allowed' });
    }
  });

  test('a redirect that leads elsewhere: to another server, to a file, to a private address', async () => {
    for (const to of [`${stranger.url}/secret.ts`, 'http://169.254.169.254/latest/meta-data', 'http://10.0.0.1/a.ts']) {
      expect(await asked(`${friend.url}/redirect?${encodeURIComponent(to)}`)).toMatchObject({
        code: 'url-not-allowed',
      });
    }
    const toFile = await asked(`${friend.url}/redirect?${encodeURIComponent(`file://${outside}/secret.ts`)}`);
    expect(toFile).toMatchObject({ code: 'url-not-allowed', message: expect.stringContaining('leads to file:') });
    expect(stranger.requests).toEqual([]);
  });

  test('a playlist that leads elsewhere, in part or as a whole', async () => {
    const lead = async (name: string, ...lines: string[]): Promise<{ code?: string }> => {
      const entries = lines.map((line) => `#EXTINF:3,\n${line}\n`).join('');
      await writeFile(inFilms(`${name}.part`), `#EXTM3U\n#EXT-X-TARGETDURATION:3\n${entries}#EXT-X-ENDLIST\n`);
      await rename(inFilms(`${name}.part`), inFilms(`${name}.m3u8`));
      return asked(`${friend.url}/${name}.m3u8`);
    };
    const elsewhere = `${stranger.url}/secret.ts`;
    expect(await lead('whole', elsewhere)).toMatchObject({ code: 'url-not-allowed' });
    expect(await lead('part', 'a.ts', elsewhere)).toMatchObject({ code: 'url-not-allowed' });
    expect(await lead('tls', elsewhere.replace('http:', 'https:'))).toMatchObject({ code: 'url-not-allowed' });
    const toFile = await lead('file', `file://${outside}/secret.ts`);
    expect(toFile).toMatchObject({ code: 'blocked-protocol', message: expect.stringContaining('a "file" address') });
    expect(stranger.requests).toEqual([]);
  });

  test.each([
    ['a key', (address: string) => `#EXT-X-KEY:METHOD=AES-128,URI="${address}"\n#EXTINF:3,\na.ts\n`],
    ['an initialisation', (address: string) => `#EXT-X-MAP:URI="${address}"\n#EXTINF:3,\na.ts\n`],
    ['a segment', (address: string) => `#EXTINF:3,\n${address}\n`],
    ['a quality', (address: string) => `#EXT-X-STREAM-INF:BANDWIDTH=1\n${address}\n`],
  ])('a playlist that names %s with another scheme: nothing connects, guarded or not', async (name, linesOf) => {
    const { port } = new URL(stranger.url);
    stranger.requests.length = 0;
    const contacts = stranger.connections();
    const file = `${name.replaceAll(' ', '-')}.m3u8`;
    const lines = linesOf(`httpproxy://127.0.0.1:${port}/internal:80`);
    await writeFile(inFilms(file), `#EXTM3U\n#EXT-X-TARGETDURATION:3\n${lines}#EXT-X-ENDLIST\n`);
    expect(await asked(`${friend.url}/${file}`)).toMatchObject({ code: 'blocked-protocol' });
    await errorOf(readAll(`${friend.url}/${file}`, 'keyframes'));
    expect(stranger.connections()).toBe(contacts);
  });

  test('a playlist behind an answer that is not recognised as one leads nowhere', async () => {
    stranger.requests.length = 0;
    const hop = `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${stranger.url}/secret.ts\n#EXT-X-ENDLIST\n`;
    // ffmpeg reads from the middle of a file where a playlist says so.
    await writeFile(inFilms('middle.ts'), Buffer.concat([Buffer.alloc(64), Buffer.from(hop)]));
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n#EXT-X-BYTERANGE:${hop.length}@64\nmiddle.ts\n#EXT-X-ENDLIST\n`;
    await writeFile(inFilms('middle.m3u8'), list);
    await asked(`${friend.url}/middle.m3u8`);
    await errorOf(readAll(`${friend.url}/middle.m3u8`, 'keyframes'));
    expect(stranger.requests).toEqual([]);
  });

  test('a playlist that names itself ends soon, also without a guard', async () => {
    for (const [name, line] of [
      ['self-quality', '#EXT-X-STREAM-INF:BANDWIDTH=1'],
      ['self-segment', '#EXTINF:3,'],
    ]) {
      const text = `#EXTM3U\n#EXT-X-TARGETDURATION:3\n${line}\n${name}.m3u8\n#EXT-X-ENDLIST\n`;
      await writeFile(inFilms(`${name}.m3u8`), text);
      friend.requests.length = 0;
      await asked(`${friend.url}/${name}.m3u8`);
      await errorOf(readAll(`${friend.url}/${name}.m3u8`, 'keyframes'));
      await errorOf(readAll(inFilms(`${name}.m3u8`), 'keyframes'));
      expect(friend.requests.length).toBeLessThan(40);
    }
  });

  test('the command line of ffmpeg has neither password nor token', async () => {
    const { options, input } = await ffmpegInput(
      url(`${friend.url.replace('//', '//ann:hunter22@')}/a.ts?token=t0ken`),
    );
    expect([...options, input].join(' ')).not.toMatch(/hunter22|t0ken/);
  });

  test('a concat list by address', async () => {
    await writeFile(inFilms('remote.ffconcat'), "ffconcat version 1.0\nfile 'a.ts'\n");
    expect(await asked(`${friend.url}/remote.ffconcat`)).toMatchObject({ code: 'blocked-format' });
  });
});
