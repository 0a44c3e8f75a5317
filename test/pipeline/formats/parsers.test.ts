import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import subsrt from 'subsrt-ts';
import { expect, test } from 'vitest';
import { type VttNode, WebVTTParser } from 'webvtt-parser';
import type { Cue } from '../../../src/core/types.ts';
import { parseTrack } from '../../../src/pipeline/formats/read-track.ts';
import { type CaptionPlan, cuesOf, randomNumbers } from '../support/captions.ts';
import { writeTrack } from '../support/writing.ts';

const run = promisify(execFile);

/** The HTML standard's table; the parser's built-in one knows the references without their semicolon only. */
const entities: Record<string, string> = createRequire(import.meta.url)('webvtt-parser/html-entities.json');

const WORDS = [
  'a',
  'man',
  'dog',
  '&',
  '<i>',
  '-->',
  'R&D',
  '&amp;',
  '5>3',
  'café',
  '🐕',
  '{y:i}',
  'NOTE',
  'x'.repeat(50),
];

/** Cues of a made-up video, with everything in their texts that a format could trip over. */
async function troublesomeCues(seed: number, from: number): Promise<Cue[]> {
  const random = randomNumbers(seed);
  const plans: CaptionPlan[] = [];
  let at = from;
  for (let index = 0; index < 60; index += 1) {
    at += 0.2 + 6 * random();
    const words = Array.from(
      { length: 1 + Math.floor(random() * 20) },
      () => WORDS[Math.floor(random() * WORDS.length)],
    );
    plans.push({ at, text: words.join(' ') });
  }
  return cuesOf(plans, at + 3);
}

function plainText(node: VttNode): string {
  return node.type === 'text' ? (node.value ?? '') : (node.children ?? []).map(plainText).join('');
}

interface Packet {
  readonly pts_time: string;
  readonly duration_time: string;
}

async function packetsOf(file: string): Promise<Packet[]> {
  const args = ['-v', 'error', '-show_entries', 'packet=pts_time,duration_time', '-of', 'json', file];
  const { stdout, stderr } = await run('ffprobe', args);
  expect(stderr).toBe('');
  const read: { packets: Packet[] } = JSON.parse(stdout);
  return read.packets;
}

/** `step`: milliseconds that the format counts in. */
function expectTimes(packets: readonly Packet[], cues: readonly Cue[], step = 1): void {
  expect(packets).toHaveLength(cues.length);
  packets.forEach(({ pts_time, duration_time }, at) => {
    const { start = 0, end = 0 } = cues[at] ?? {};
    const from = step * Math.round(start / 1000 / step);
    expect(Math.round(Number(pts_time) * 1000)).toBe(from);
    expect(Math.round(Number(duration_time) * 1000)).toBe(step * Math.round(end / 1000 / step) - from);
  });
}

test('the W3C parser accepts a WebVTT track, and reads our texts and times', async () => {
  for (const [seed, start] of [
    [1, 0],
    [2, 86_000],
    [3, 400_000],
  ] as const) {
    const cues = await troublesomeCues(seed, start);
    const { text } = await writeTrack('vtt', { cues });
    const tree = new WebVTTParser(entities).parse(text, 'captions');
    expect(tree.errors).toEqual([]);
    expect(
      tree.cues.map(({ id, startTime, endTime, tree }) => ({
        id,
        startTime: Math.round(startTime * 1000),
        endTime: Math.round(endTime * 1000),
        text: plainText(tree),
      })),
    ).toEqual(
      cues.map((cue, at) => ({
        id: String(at + 1),
        startTime: Math.round(cue.start / 1000),
        endTime: Math.round(cue.end / 1000),
        text: cue.text,
      })),
    );
  }
});

test('the W3C parser accepts tracks without cues', async () => {
  const { text } = await writeTrack('vtt', {});
  expect(new WebVTTParser(entities).parse(text, 'captions')).toMatchObject({ cues: [], errors: [] });
});

test('subsrt reads an SRT track', async () => {
  const cues = await troublesomeCues(4, 86_000);
  const { text } = await writeTrack('srt', { cues });
  expect(subsrt.detect(text)).toBe('srt');
  const read = subsrt.parse(text, { format: 'srt', eol: '\n' });
  expect(read).toHaveLength(cues.length);
  read.forEach((entry, at) => {
    const cue = cues[at];
    if (entry.type !== 'caption' || cue === undefined) throw new Error('not a caption');
    expect(entry.start).toBe(Math.round(cue.start / 1000));
    expect(entry.end).toBe(Math.round(cue.end / 1000));
    // `text` is without what the parser takes for tags: none may be left that it could take for one.
    expect(entry.text.trimEnd()).toBe(entry.content.trimEnd());
    expect(entry.content.trimEnd()).toBe(
      cue.text.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('{', '(').replaceAll('}', ')'),
    );
  });
});

test('ffmpeg reads the times of every format that it has a reader for', async () => {
  const cues = await troublesomeCues(5, 86_000);
  expectTimes(await packetsOf((await writeTrack('vtt', { cues })).file), cues);
  expectTimes(await packetsOf((await writeTrack('srt', { cues })).file), cues);
  expectTimes(await packetsOf((await writeTrack('ass', { cues })).file), cues, 10);
});

test('ffmpeg reads a plain text as LRC; subsrt too', async () => {
  const cues = await troublesomeCues(9, 10);
  const { file, text } = await writeTrack('txt', { cues });
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lrc', '-i', file, '-f', 'srt', '-']);
  const read = (parseTrack(stdout)?.cues ?? []).filter(({ lines }) => lines.length > 0);
  const times = (all: readonly { start: number; end: number }[]) =>
    all.map(({ start, end }) => [Math.round(start / 1000), Math.round(end / 1000)]);
  expect(times(read)).toEqual(times(cues));
  const other = subsrt.parse(text, { format: 'lrc', eol: '\n' }).filter((entry) => entry.type === 'caption');
  expect(other.filter(({ content }) => content.trim() !== '').map(({ content }) => content.trim())).toEqual(
    cues.map((cue) => cue.text.replaceAll('\n', ' ')),
  );
});

test('ffmpeg converts our ASS into the SRT that we write', async () => {
  const cues = (await troublesomeCues(7, 10)).map((cue) => ({ ...cue, text: cue.text.replace(/[<>]/g, '+') }));
  const ass = await writeTrack('ass', { cues });
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', ass.file, '-f', 'srt', '-']);
  const read = parseTrack(stdout)?.cues ?? [];
  expect(read.map(({ lines }) => lines.join('\n'))).toEqual(
    cues.map(({ text }) => text.replaceAll('{', '(').replaceAll('}', ')')),
  );
});

test('subsrt reads an ASS track', async () => {
  const cues = await troublesomeCues(8, 10);
  const { text } = await writeTrack('ass', { cues });
  const read = subsrt.parse(text, { format: 'ass', eol: '\n' }).filter((entry) => entry.type === 'caption');
  expect(read.map(({ start, end }) => [start, end])).toEqual(
    cues.map(({ start, end }) => [10 * Math.round(start / 1e4), 10 * Math.round(end / 1e4)]),
  );
});

test('ffmpeg converts our WebVTT into the SRT that we write', async () => {
  const cues = (await troublesomeCues(6, 10)).map((cue) => ({ ...cue, text: cue.text.replace(/[<>{}&]/g, '+') }));
  const vtt = await writeTrack('vtt', { cues });
  const srt = await writeTrack('srt', { cues });
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', vtt.file, '-f', 'srt', '-']);
  // ffmpeg ends the lines within a cue in CR LF, those between cues in LF.
  expect(stdout.replaceAll('\r', '').trimEnd()).toBe(srt.text.trimEnd());
});
