import { expect, test } from 'vitest';
import { liveTail } from '../../../src/ingest/access/live-tail.ts';

function playlist(segments: number): string {
  const lines = Array.from({ length: segments }, (_, n) => {
    const tags = [
      ...(n === 10 ? ['#EXT-X-KEY:METHOD=AES-128,URI="old"'] : []),
      ...(n === 20 ? ['#EXT-X-KEY:METHOD=AES-128,URI="key"', '#EXT-X-MAP:URI="init.mp4"'] : []),
      ...(n % 50 === 49 ? ['#EXT-X-DISCONTINUITY'] : []),
    ];
    return [...tags, '#EXTINF:2.0,', `${n}.ts`].join('\n');
  });
  return `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1000\n${lines.join('\n')}\n`;
}

test('of a long live playlist the last hundred segments, with their numbers, key and header', () => {
  const lines = liveTail(playlist(250)).split('\n');
  expect(lines.slice(0, 8)).toEqual([
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-MEDIA-SEQUENCE:1150',
    // Before the segments 49, 99 and 149.
    '#EXT-X-DISCONTINUITY-SEQUENCE:3',
    '#EXT-X-KEY:METHOD=AES-128,URI="key"',
    '#EXT-X-MAP:URI="init.mp4"',
    '#EXTINF:2.0,',
    '150.ts',
  ]);
  expect(lines.filter((line) => line.endsWith('.ts'))).toHaveLength(100);
  expect(lines.filter((line) => line === '#EXT-X-DISCONTINUITY')).toHaveLength(2);
  expect(lines.at(-2)).toBe('249.ts');
});

test('a short playlist, a master playlist and one of byte ranges are left as they are', () => {
  const master = `#EXTM3U\n${'#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n'.repeat(200)}`;
  const ranges = `#EXTM3U\n${'#EXTINF:1,\n#EXT-X-BYTERANGE:10\na.ts\n'.repeat(200)}`;
  for (const text of [playlist(100), master, ranges, '#EXTM3U\n', '']) expect(liveTail(text)).toBe(text);
});
