import { expect, test } from 'vitest';
import { parseLiveSource, parseLiveSources, sourceLines } from '../../../src/ingest/live/live-source.ts';

test.each([
  ['rtsp://10.0.0.5/s1', 'rtsp', '10.0.0.5'],
  ['front=rtsp://10.0.0.5/s1?a=b', 'rtsp', 'front'],
  ['front door = rtsps://10.0.0.5/s1', 'rtsp', 'front door'],
  ['https://example.org/live.m3u8?token=x', 'http', 'example.org'],
  ['udp://239.0.0.1:1234?fifo_size=9', 'udp', '239.0.0.1:1234'],
  ['udp://@:1234', 'udp', '0.0.0.0:1234'],
  ['srt://host:9000?passphrase=secret', 'srt', 'host:9000'],
  ['rtmp://example.org/app/secret', 'rtmp', 'example.org'],
  ['/dev/video0', 'device', 'video0'],
  ['avfoundation:0', 'device', 'avfoundation:0'],
  ['recordings/now.ts', 'file', 'now.ts'],
  ['./a=b.ts', 'file', 'a=b.ts'],
])('%s', async (text, kind, name) => {
  expect(await parseLiveSource(text, {})).toMatchObject({ kind, name });
});

const variable = (name: string): string => `$\{${name}}`;

test('passwords come from the environment, escaped, and never stand in a label', async () => {
  const source = await parseLiveSource(
    `rtsp://admin:${variable('CAMERA_PASSWORD')}@10.0.0.5:554/s1?x=${variable('TOKEN')}`,
    {
      CAMERA_PASSWORD: 'p@ss/word',
      TOKEN: 'abc',
    },
  );
  expect(source.address).toBe('rtsp://admin:p%40ss%2Fword@10.0.0.5:554/s1?x=abc');
  expect(source).toMatchObject({ label: 'rtsp://10.0.0.5:554/s1', name: '10.0.0.5' });
  const labels = ['rtmp://example.org/app/key', 'srt://h:1?passphrase=key', 'https://user:key@h/a.m3u8?t=key'];
  for (const text of labels) expect((await parseLiveSource(text, {})).label).not.toContain('key');
  await expect(parseLiveSource(`rtsp://${variable('NOT_SET')}@h/`, {})).rejects.toThrow(/NOT_SET/);
});

test.each(['ftp://h/a.ts', 'rtsp://', `${import.meta.dirname}`])('%s is refused', async (text) => {
  await expect(parseLiveSource(text, {})).rejects.toMatchObject({ code: 'usage' });
});

test('names are unique; a file has one source a line', async () => {
  const lines = sourceLines('# cameras\n\nrtsp://h/1\r\n  rtsp://h/2\n');
  expect((await parseLiveSources(lines, {})).map(({ name }) => name)).toEqual(['h', 'h-2']);
});
