import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAll } from '../support/reading.ts';

/** Real videos beside the checkout, where somebody keeps some. */
const clips = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'clips');
const videos = existsSync(clips) ? readdirSync(clips).filter((name) => !name.endsWith('.md')) : [];

/** Presentation times of the first video stream's packets by ffprobe, in microseconds: without decoding, so quick. */
function frameTimes(file: string): Set<number> {
  const text = execFileSync(
    'ffprobe',
    ['-v', 'quiet', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const seconds = text.split('\n').map((line) => Number.parseFloat(line));
  return new Set(seconds.filter((time) => !Number.isNaN(time)).map((time) => Math.round(time * 1e6)));
}

describe.runIf(videos.length > 0)('real clips', () => {
  test.each(videos)('%s: keyframes stand at times of its frames, in order, inside the video', async (name) => {
    const file = path.join(clips, name);
    const { times, report, media } = await readAll(file, 'auto');
    expect(times.length).toBeGreaterThan(0);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(report.end).toBeGreaterThan(times.at(-1) ?? 0);
    expect(report.zero).toBe(media.start);
    const known = frameTimes(file);
    expect(times.filter((time) => !known.has(time))).toEqual([]);
  });
});
