import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLiveGuard } from '../../../src/ingest/live/live-guard.ts';
import { openLiveInput } from '../../../src/ingest/live/live-input.ts';
import { parseLiveSource } from '../../../src/ingest/live/live-source.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
  await mkdir(join(folder.path, 'in'));
  await writeFile(join(folder.path, 'in/a.ts'), 'x');
  await writeFile(join(folder.path, 'out.ts'), 'x');
});
afterAll(() => folder.remove());

async function check(address: string, ...allowUrls: string[]): Promise<string> {
  const guard = await openLiveGuard({ allowPaths: [join(folder.path, 'in')], allowUrls });
  const checked = await guard.check(await parseLiveSource(address, {}));
  return checked.address;
}

test('cameras of a list: by host, port, protocol and path', async () => {
  expect(await check('rtsp://127.0.0.1/cam', '127.0.0.1')).toBe('rtsp://127.0.0.1/cam');
  expect(await check('rtsp://127.0.0.1:8554/cam', '127.0.0.1:8554')).toBe('rtsp://127.0.0.1:8554/cam');
  expect(await check('rtsp://admin:s%40x@127.0.0.1/cam?channel=1', 'rtsp://127.0.0.1/cam')).toBe(
    'rtsp://admin:s%40x@127.0.0.1/cam?channel=1',
  );
  expect(await check('srt://127.0.0.1:9000?passphrase=geheim', 'srt://127.0.0.1')).toMatch(/passphrase=geheim$/);
  expect(await check('udp://239.0.0.1:1234', 'udp://239.0.0.1:1234')).toBe('udp://239.0.0.1:1234');
  for (const [address, ...list] of [
    ['rtsp://127.0.0.1/cam'],
    ['rtsp://127.0.0.1/cam', '127.0.0.2'],
    ['rtsp://127.0.0.1:22/cam', '127.0.0.1'],
    ['rtsp://127.0.0.1/cam', 'http://127.0.0.1/'],
    ['rtsp://127.0.0.1/other', 'rtsp://127.0.0.1/cam'],
    ['rtsp://127.0.0.1/cam/../other', 'rtsp://127.0.0.1/cam'],
    ['rtsp://user:secret@127.0.0.1/cam', 'rtsp://127.0.0.2/'],
    ['udp://0.0.0.0:1234', '127.0.0.1'],
  ] as const) {
    await expect(check(address, ...list)).rejects.toMatchObject({
      code: 'url-not-allowed',
      message: expect.not.stringContaining('secret'),
    });
  }
});

test('a pattern does not reach into private networks, however the address is written', async () => {
  for (const host of ['127.0.0.1', '10.0.0.1', '0x7f.1', '2130706433', 'localhost', '[::1]', '[::ffff:10.0.0.1]']) {
    await expect(check(`rtsp://${host}/cam`, '*')).rejects.toMatchObject({ code: 'address-not-allowed' });
  }
  await expect(check('udp://239.0.0.1:1234', '*')).rejects.toMatchObject({ code: 'address-not-allowed' });
  await expect(check('rtsp://169.254.169.254/', '*')).rejects.toMatchObject({ code: 'address-not-allowed' });
  await expect(check('http://127.0.0.1/live.m3u8', '*')).rejects.toMatchObject({ code: 'address-not-allowed' });
});

test('the name of a host is replaced by its address, so that ffmpeg asks no DNS', async () => {
  expect(await check('rtsp://user:p%3Aw@localhost:8554/cam?a=1', 'localhost:8554')).toMatch(
    /^rtsp:\/\/user:p%3Aw@(?:127\.0\.0\.1|\[::1\]):8554\/cam\?a=1$/,
  );
});

test('options of ffmpeg in a query are refused, and RTSP comes over TCP', async () => {
  for (const query of ['udp', 'multicast', 'listen=1', 'localaddr=10.0.0.1', 'TCP']) {
    await expect(check(`rtsp://127.0.0.1/cam?${query}`, '127.0.0.1')).rejects.toMatchObject({
      code: 'url-not-allowed',
    });
  }
  await expect(check('srt://127.0.0.1:9000?mode=listener', '127.0.0.1')).rejects.toThrow(/option "mode"/);
  const guard = await openLiveGuard({ allowPaths: [], allowUrls: ['127.0.0.1'] });
  const source = await parseLiveSource('rtsp://127.0.0.1/cam', {});
  const { options } = await openLiveInput(source, { rtspTransport: 'udp', follow: true, guard });
  expect(options.join(' ')).toContain('-rtsp_transport tcp');
});

test('files and devices: only in allowed folders', async () => {
  expect(await check(join(folder.path, 'in/a.ts'))).toBe(join(folder.path, 'in/a.ts'));
  for (const file of [
    join(folder.path, 'out.ts'),
    join(folder.path, 'in/../out.ts'),
    '/dev/video0',
    'avfoundation:0',
  ]) {
    await expect(check(file)).rejects.toMatchObject({ code: 'path-not-allowed' });
  }
});
