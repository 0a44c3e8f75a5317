import { expect, test } from 'vitest';
import { beginsPlaylist, PLAYLIST_LIMITS, rewritePlaylist } from '../../../src/ingest/access/playlist.ts';
import { RelayEntries } from '../../../src/ingest/access/relay-entries.ts';

test('every address of a playlist is replaced: lines, and URI attributes with and without quotes', () => {
  const text =
    '#EXTM3U\r\n#EXT-X-KEY:METHOD=AES-128,URI="k?a=1,b",IV=0x1\r\n#EXT-X-MAP:URI=m.mp4\r\n#EXTINF:1,\r\ns 1.ts\n';
  const seen: string[] = [];
  const rewritten = rewritePlaylist(text, (entry, tag) => {
    seen.push(`${tag ?? 'line'} ${entry}`);
    return `R${seen.length}`;
  });
  expect(seen).toEqual(['#EXT-X-KEY k?a=1,b', '#EXT-X-MAP m.mp4', 'line s 1.ts']);
  expect(rewritten).toBe('#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="R1",IV=0x1\n#EXT-X-MAP:URI="R2"\n#EXTINF:1,\nR3\n');
});

test('limits: entries, length of an address, characters', () => {
  const many = '#EXTM3U\n'.padEnd(2 * PLAYLIST_LIMITS.entries + 20, 'a\n');
  for (const text of [many, `#EXTM3U\n${'a'.repeat(PLAYLIST_LIMITS.address + 1)}`, '#EXTM3U\n\0']) {
    expect(() => rewritePlaylist(text, () => '')).toThrow(/^it (has|contains) /);
  }
});

test('a playlist is recognised behind tags, and as soon as possible', () => {
  const tag = Buffer.from('ID3\x04\0\0\0\0\0\x02zz', 'latin1');
  expect(beginsPlaylist(Buffer.from('#EXTM3U\n'))).toBe(true);
  expect(beginsPlaylist(Buffer.concat([tag, tag, Buffer.from('#EXTM3U')]))).toBe(true);
  expect(beginsPlaylist(Buffer.from('#EXTM'))).toBeUndefined();
  expect(beginsPlaylist(tag)).toBeUndefined();
  expect(beginsPlaylist(Buffer.from('G@'))).toBe(false);
});

test('a remote playlist leads to http(s) only, whatever the scheme is called', () => {
  const asked: string[] = [];
  const checkUrl = ({ href }: URL): void => void asked.push(href);
  const entries = new RelayEntries({ checkUrl, checkFile: () => undefined, checkScheme: () => undefined });
  const base = { kind: 'url', url: new URL('https://host/a/list.m3u8') } as const;
  for (const scheme of ['httpproxy', 'tcp', 'tls', 'crypto+http', 'file', 'gopher', 'rtmp', 'concat', 'data', 'FTP']) {
    expect(() => entries.resolve(`${scheme}://127.0.0.1:80/internal`, base)).toThrow(
      /^it (leads to|names an address that is not valid)/,
    );
  }
  expect(asked).toEqual([]);
  expect(entries.resolve('../b.ts?t=1', base)).toEqual({ kind: 'url', url: new URL('https://host/b.ts?t=1') });
  entries.resolve('//169.254.169.254/', base);
  expect(asked).toEqual(['https://host/b.ts?t=1', 'https://169.254.169.254/']);
});

test('depth, number and bytes of the playlists of one source are limited', () => {
  const rules = { checkUrl: () => undefined, checkFile: () => undefined, checkScheme: () => undefined };
  const entries = new RelayEntries(rules);
  const url = (n: number) => ({ kind: 'url', url: new URL(`http://host/${n}`) }) as const;
  expect(entries.add(url(1), 0)).toBe(entries.add(url(1), 0));
  expect(() => entries.add(url(1), PLAYLIST_LIMITS.depth + 1)).toThrow(/too deep/);
  const count = (n: number, bytes = 1): void => {
    const entry = entries.get(entries.add(url(n), 1));
    if (entry !== undefined) entries.countPlaylist(entry, bytes);
  };
  for (let n = 0; n < PLAYLIST_LIMITS.playlists; n += 1) count(n);
  count(0);
  expect(() => count(0, PLAYLIST_LIMITS.totalBytes)).toThrow(/MiB/);
  expect(() => count(-1)).toThrow(/more than 200 playlists/);
});
