import { expect, test } from 'vitest';
import { benches, colourVideo } from '../../cli/support/room.ts';

const bench = benches();

test('a copy whose container cannot hold the video is refused before anything is captioned', async () => {
  const { at, caption } = await bench('copy fits');
  await colourVideo(at('film.mp4'), ['red', 'green'], 1, ['-c:v', 'mpeg4']);
  const { code, stderr } = await caption('film.mp4', '--mux', 'out.webm');
  expect(code).not.toBe(0);
  expect(stderr).toMatch(
    /--mux: WebM cannot hold the video \(mpeg4\) of "film\.mp4": use a name that ends in \.mp4 or \.mkv/,
  );
  expect(stderr).not.toMatch(/keyframe/);
});
