import { createHash } from 'node:crypto';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDocument, checkTarget } from '../../../src/captioning/outputs/check-target.ts';
import { assertWritable } from '../../../src/captioning/outputs/output-status.ts';
import type { Target } from '../../../src/captioning/outputs/target.ts';
import { recordOutput } from '../../../src/storage/output-manifest.ts';
import { makeFolder } from '../../support/videos.ts';

const MP4 = Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2', 'latin1');
const JPEG = Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF', 'latin1');

let folder: Awaited<ReturnType<typeof makeFolder>>;
const at = (name: string): string => path.join(folder.path, name);
const target = (name: string, format: Target['format'] = 'vtt'): Target => ({ format, path: at(name) });
const codeOf = (name: string, format?: Target['format']): Promise<string> =>
  checkTarget(folder.path, target(name, format), at('film.mp4')).then(
    () => 'permitted',
    (error: { code: string }) => error.code,
  );

beforeAll(async () => {
  folder = await makeFolder();
  await writeFile(at('film.mp4'), MP4);
  await writeFile(at('other.vtt'), MP4);
  await writeFile(at('picture.json'), JPEG);
  await writeFile(at('ours.vtt'), 'WEBVTT\n');
  await writeFile(at('likes.txt'), 'and free to go');
  await writeFile(at('notes.srt'), 'G'.repeat(300));
  await link(at('film.mp4'), at('same.vtt'));
  await symlink('film.mp4', at('film.vtt'));
  await symlink('ours.vtt', at('link.vtt'));
  await mkdir(at('folder.vtt'));
});
afterAll(() => folder.remove());

test('a track goes under a name of its format only', async () => {
  for (const name of ['film.mp4', 'new.mp4', '.bashrc', 'a.sh', 'new', 'ours.vtt.bak']) {
    expect([name, await codeOf(name)]).toEqual([name, 'output-ending']);
  }
  expect(await codeOf('ours.vtt', 'srt')).toBe('output-ending');
  for (const name of ['new.vtt', 'ours.vtt', 'link.vtt', 'NEW.VTT']) expect(await codeOf(name)).toBe('permitted');
  expect(await codeOf('likes.txt', 'txt')).toBe('permitted');
  expect(await codeOf('notes.srt', 'srt')).toBe('permitted');
});

test('nothing that is a video or a picture is replaced, whatever it is called, and not the input by another name', async () => {
  expect(await codeOf('other.vtt')).toBe('output-is-media');
  expect(await codeOf('picture.json', 'json')).toBe('output-is-media');
  expect(await codeOf('same.vtt')).toBe('output-is-media');
  expect(await codeOf('film.vtt')).toMatch(/^output-/);
});

test('force does not change that', async () => {
  const track = { key: 'k', source: at('film.mp4'), force: true };
  await expect(assertWritable(folder.path, [target('other.vtt')], track)).rejects.toMatchObject({
    code: 'output-is-media',
  });
  await expect(assertWritable(folder.path, [target('b.mp4')], track)).rejects.toMatchObject({ code: 'output-ending' });
  expect(await assertWritable(folder.path, [target('ours.vtt')], track)).toBe(false);
});

describe('copies of a video', () => {
  const copy = (name: string): Target => ({ format: 'srt', path: at(name), into: 'mux' });
  const write = (name: string) =>
    assertWritable(folder.path, [copy(name)], { key: 'k', source: at('film.mp4'), force: true });

  test.each([
    ['mp4', MP4],
    ['mov', Buffer.from('\0\0\0\x08wide\0\0\0\0mdat', 'latin1')],
    ['mkv', Buffer.from('\x1aE\xdf\xa3\0\0\0\0', 'latin1')],
    ['avi', Buffer.from('RIFF\0\0\0\0AVI LIST', 'latin1')],
    ['mxf', Buffer.from('\x06\x0e+4\x02\x05\x01\x01\r\x01\x02\0', 'latin1')],
    ['nut', Buffer.from('nut/multimedia container\0N', 'latin1')],
    ['264', Buffer.from('\0\0\0\x01\x67B\xc0', 'latin1')],
    [
      'm2ts',
      Buffer.concat(Array.from({ length: 4 }, () => Buffer.concat([Buffer.from('\0\0\0\0G'), Buffer.alloc(187)]))),
    ],
    ['jpg', JPEG],
  ])('never replace another %s, force or not; their own earlier output they do', async (_, bytes) => {
    await writeFile(at('copy.mp4'), bytes);
    await expect(write('copy.mp4')).rejects.toMatchObject({ code: 'output-is-media' });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await recordOutput(folder.path, at('copy.mp4'), { key: 'earlier', sha256, source: at('film.mp4') });
    expect(await write('copy.mp4')).toBe(false);
  });

  test('never replace their input, and replace what is no media with force', async () => {
    await link(at('film.mp4'), at('same.mp4'));
    await expect(write('same.mp4')).rejects.toMatchObject({ code: 'output-is-media' });
    await writeFile(at('text.mp4'), 'notes');
    expect(await write('text.mp4')).toBe(false);
  });
});

describe('documents that are no tracks', () => {
  const page = { name: 'report', endings: ['.html', '.htm'] };
  const drawing = { name: 'drawing', endings: ['.png'], picture: true };

  beforeAll(async () => {
    await writeFile(at('film.html'), MP4);
    await writeFile(at('photo.html'), JPEG);
    await writeFile(at('page.html'), '<!DOCTYPE html>');
    await writeFile(at('photo.png'), JPEG);
    await writeFile(at('film.png'), MP4);
    await writeFile(at('other.png'), JPEG);
    await symlink('film.mp4', at('link.html'));
  });

  test.each([
    ['film.mp4', page, 'output-ending'],
    ['new.mp4', page, 'output-ending'],
    ['link.html', page, 'output-ending'],
    ['film.html', page, 'output-is-media'],
    ['photo.html', page, 'output-is-media'],
    ['page.html', page, 'permitted'],
    ['new.HTM', page, 'permitted'],
    ['photo.jpg', drawing, 'output-ending'],
    ['film.png', drawing, 'output-is-media'],
    ['photo.png', drawing, 'output-is-media'],
    ['other.png', drawing, 'permitted'],
    ['new.png', drawing, 'permitted'],
  ])('%s as a %o: %s', async (name, kind, expected) => {
    const code = await checkDocument(at(name), kind, at('photo.png')).then(
      () => 'permitted',
      (error: { code: string }) => error.code,
    );
    expect(code).toBe(expected);
  });
});
