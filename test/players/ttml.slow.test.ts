import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Cue } from '../../src/core/types.ts';
import { probe } from '../../src/ingest/probe/probe.ts';
import { segmentVideo } from '../../src/pipeline/media/segment.ts';
import { film } from '../cli/support/films.ts';
import { HEADER, seconds } from '../pipeline/support/captions.ts';
import { writeTrack } from '../pipeline/support/writing.ts';
import { NEVER, sourceOf } from '../support/reading.ts';
import { makeFolder } from '../support/videos.ts';
import { chromiumPath, NO_CHROMIUM, type Players, startPlayers } from './support/browser.ts';
import { allCues, playHls, readXml } from './support/playing.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const chromium = chromiumPath();

const TEXTS = ['A red picture', 'Salt & pepper --> a "table"\nwith {\\an8} Ein Café 🐕', 'A blue picture'];
const CUES = TEXTS.map(
  (text, at): Cue => ({ start: seconds(2 * at + 0.123), end: seconds(2 * at + 2), text, from: [at] }),
);

/** A box of MP4. */
function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

describe.skipIf(chromium === undefined)(`Chromium and hls.js read TTML${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let players: Players;
  beforeAll(async () => {
    folder = await makeFolder();
    players = await startPlayers(chromium ?? '');
  });
  afterAll(async () => {
    await players?.close();
    await folder.remove();
  });

  test('it is well-formed, whatever the names and texts in it', async () => {
    const page = await players.open(folder.path);
    const source = { ...HEADER.source, name: 'a "b" & <c>\u0007\uFFFF.mp4' };
    const cues = [...CUES, { start: 0, end: 1, text: ']]> \uFFFE <!-- -- ', from: [9] }];
    const { text } = await writeTrack('ttml', { cues, header: { ...HEADER, source, language: 'pt-BR' } });
    expect(await readXml(page, text)).toEqual({ language: 'pt-BR' });
    await page.close();
  });

  test("hls.js's reader of IMSC finds the cues that were written", async () => {
    const at = (name: string): string => path.join(folder.path, name);
    const source = await sourceOf(await film(at('film.mp4')));
    const { master } = await segmentVideo(source, await probe(source, { signal: NEVER }), folder.path, NEVER);
    // As hls.js takes it: in a fragment of MP4, of which it looks at the payload only. It knows TTML by CODECS.
    await writeFile(at('ttml.mp4'), box('mdat', Buffer.from((await writeTrack('ttml', { cues: CUES })).text)));
    await writeFile(
      at('ttml.m3u8'),
      '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:6,\nttml.mp4\n#EXT-X-ENDLIST\n',
    );
    const media = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="T",LANGUAGE="en",AUTOSELECT=YES,URI="ttml.m3u8"';
    const variant = /^#EXT-X-STREAM-INF:.*$/m.exec(master)?.[0] ?? '';
    const codecs = `${variant},CODECS="avc1.64000A,mp4a.40.2,stpp.ttml.im1t",SUBTITLES="s"`;
    await writeFile(at('master.m3u8'), master.replace(variant, `${media}\n${codecs}`));

    const page = await players.open(folder.path);
    await playHls(page, 'master.m3u8');
    const cues = await allCues(page);
    expect(cues.map(({ text }) => text)).toEqual(TEXTS);
    // hls.js counts TTML from the zero of the segments, which lies ten seconds before the track's.
    const [zero = 0] = cues.map(({ start }) => start - 0.123);
    cues.forEach(({ start, end }, index) => {
      expect(start - zero).toBeCloseTo(2 * index + 0.123, 3);
      expect(end - zero).toBeCloseTo(2 * index + 2, 3);
    });
    await page.close();
  });
});
