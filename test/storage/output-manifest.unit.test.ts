import { createHash } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { keepBackup } from '../../src/storage/keep-backup.ts';
import { recordContent } from '../../src/storage/known-content.ts';
import { assertOverwritable, openOutputSink, outputStatus, recordOutput } from '../../src/storage/output-manifest.ts';
import { temporaryFolder } from './support/folder.ts';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test('absent, foreign, current, stale, edited', async () => {
  const folder = await temporaryFolder();
  const state = path.join(folder, 'state', 'deep');
  const target = path.join(folder, 'holiday.vtt');
  expect(await outputStatus(state, target, 'key')).toBe('absent');

  await writeFile(target, 'WEBVTT');
  expect(await outputStatus(state, target, 'key')).toBe('foreign');

  await recordOutput(state, target, { key: 'key', sha256: sha256('WEBVTT') });
  expect(await outputStatus(state, target, 'key')).toBe('current');
  expect(await outputStatus(state, target, 'other key')).toBe('stale');

  await writeFile(target, 'WEBVTT edited by hand');
  expect(await outputStatus(state, target, 'key')).toBe('foreign');

  await recordOutput(state, target, { key: 'other key', sha256: sha256('WEBVTT edited by hand') });
  expect(await outputStatus(state, target, 'other key')).toBe('current');
  expect(await readdir(path.join(state, 'tracks'))).toHaveLength(1);
});

test('a file whose content is recorded stays ours where it was moved to, until it is edited', async () => {
  const folder = await temporaryFolder();
  const state = path.join(folder, 'state');
  const target = path.join(folder, 'moved.html');
  await writeFile(target, '<p>made</p>');
  expect(await outputStatus(state, target, 'key')).toBe('foreign');
  await recordContent(state, sha256('<p>made</p>'));
  expect(await outputStatus(state, target, 'key')).toBe('stale');
  const sink = await openOutputSink(state, target);
  await sink.write('<p>made again</p>');
  expect((await sink.commit()).notes ?? []).toEqual([]);
  await writeFile(target, '<p>made</p> and edited');
  expect(await outputStatus(state, target, 'key')).toBe('foreign');
});

test('the same track through another path', async () => {
  const folder = await temporaryFolder();
  const state = path.join(folder, 'state');
  await mkdir(path.join(folder, 'films'));
  await symlink('films', path.join(folder, 'link'));
  await writeFile(path.join(folder, 'films', 'a.vtt'), 'WEBVTT');
  await recordOutput(state, path.join(folder, 'films', 'a.vtt'), { key: 'key', sha256: sha256('WEBVTT') });
  expect(await outputStatus(state, path.join(folder, 'link', 'a.vtt'), 'key')).toBe('current');
  expect(await outputStatus(state, path.relative('.', path.join(folder, 'films', 'a.vtt')), 'key')).toBe('current');
});

test('a deleted track is absent, even if the manifest has an entry', async () => {
  const folder = await temporaryFolder();
  await recordOutput(folder, path.join(folder, 'a.vtt'), { key: 'key', sha256: sha256('') });
  expect(await outputStatus(folder, path.join(folder, 'a.vtt'), 'key')).toBe('absent');
});

test('a damaged manifest entry protects the track', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'a.vtt');
  await writeFile(target, 'WEBVTT');
  await recordOutput(folder, target, { key: 'key', sha256: sha256('WEBVTT') });
  const [entry = ''] = await readdir(path.join(folder, 'tracks'));
  await writeFile(path.join(folder, 'tracks', entry), '{"key":');
  expect(await outputStatus(folder, target, 'key')).toBe('foreign');
});

test('folders are foreign; devices have nothing to lose', async () => {
  const folder = await temporaryFolder();
  expect(await outputStatus(folder, folder, 'key')).toBe('foreign');
  expect(await outputStatus(folder, '/dev/null', 'key')).toBe('absent');
});

test('a track that was renamed into place but not recorded yet is ours', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'a.vtt');
  const sink = await openOutputSink(folder, target);
  await sink.write('WEBVTT');
  const { sha256: hash } = await sink.commit();
  // Killed here: the run had no time to record it.
  expect(await outputStatus(folder, target, 'key')).toBe('stale');
  await recordOutput(folder, target, { key: 'key', sha256: hash });
  expect(await outputStatus(folder, target, 'key')).toBe('current');
});

test('a track that was about to be replaced is still ours', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'a.vtt');
  const sink = await openOutputSink(folder, target);
  await sink.write('old');
  await recordOutput(folder, target, { key: 'old key', ...(await sink.commit()) });
  // Killed between the claim and the step itself, twice.
  for (const text of ['new', 'newer']) {
    await recordOutput(folder, target, { key: '', sha256: sha256(text) });
    expect(await outputStatus(folder, target, 'old key')).toBe('current');
    expect(await outputStatus(folder, target, 'key')).toBe('stale');
  }
  await writeFile(target, 'newer');
  expect(await outputStatus(folder, target, 'key')).toBe('stale');
  await writeFile(target, 'edited');
  expect(await outputStatus(folder, target, 'key')).toBe('foreign');
  // Written over with --force: what was edited does not become ours.
  await recordOutput(folder, target, { key: '', sha256: sha256('forced') });
  expect(await outputStatus(folder, target, 'key')).toBe('foreign');
});

test('a track of another input must not be replaced', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'a.vtt');
  const sink = await openOutputSink(folder, target, '/films/a.mp4');
  await sink.write('WEBVTT');
  const { sha256: hash } = await sink.commit();
  expect(await outputStatus(folder, target, 'key', '/films/a.avi')).toBe('other');
  expect(await outputStatus(folder, target, 'key', '/films/a.mp4')).toBe('stale');
  await recordOutput(folder, target, { key: 'key', sha256: hash, source: '/films/a.mp4' });
  expect(await outputStatus(folder, target, 'new key', '/films/a.avi')).toBe('other');
  expect(await outputStatus(folder, target, 'new key')).toBe('stale');
  expect(await outputStatus(folder, target, 'new key', '/films/a.mp4')).toBe('stale');
});

test('only absent, stale and current outputs may be overwritten', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'a.vtt');
  const of = (source: string, key = 'key') => assertOverwritable(folder, target, { kind: 'track', key, source });
  expect(await of('/films/a.mp4')).toBe(false);

  await writeFile(target, 'WEBVTT');
  await expect(of('/films/a.mp4')).rejects.toMatchObject({
    code: 'track-exists',
    retryable: false,
    message: `${target} already exists and was not written by secondglance (or was edited since): --track ${target} uses it for --mux, --burn, other formats and steps, -o writes elsewhere, --force overwrites it and keeps it as a.vtt.bak`,
  });

  await recordOutput(folder, target, { key: 'key', sha256: sha256('WEBVTT'), source: '/films/a.mp4' });
  expect(await of('/films/a.mp4')).toBe(true);
  expect(await of('/films/a.mp4', 'new key')).toBe(false);
  await expect(of('/films/a.avi', 'key of a.avi')).rejects.toMatchObject({
    code: 'track-exists',
    message: expect.stringContaining(`${target} is the track of another input: `),
  });
});

test('an output never takes the place of its own input, by whatever name', async () => {
  const folder = await temporaryFolder();
  const film = path.join(folder, 'film.mp4');
  await writeFile(film, 'film');
  await link(film, path.join(folder, 'same.mp4'));
  for (const target of [film, path.join(folder, 'same.mp4')]) {
    await expect(openOutputSink(folder, target, film)).rejects.toMatchObject({ code: 'output-is-media' });
  }
  expect(await readFile(film, 'utf8')).toBe('film');
});

describe('what was at the target of a checked folder', () => {
  async function replace(change: (target: string, outside: string) => Promise<void>) {
    const folder = await temporaryFolder();
    const target = path.join(folder, 'films', 'a.vtt');
    const outside = path.join(folder, 'secret');
    await mkdir(path.dirname(target));
    await mkdir(outside);
    await writeFile(path.join(outside, 'a.vtt'), 'secret');
    await writeFile(target, 'by hand');
    const sink = await openOutputSink(folder, target, undefined, { checkFolder: () => undefined });
    await sink.write('WEBVTT');
    await change(target, outside);
    const ended = await sink.commit().then(
      ({ notes }) => notes,
      (error: { code: string }) => error.code,
    );
    await sink.discard();
    return { folder, ended, outside: await readdir(outside) };
  }

  test('is kept beside it', async () => {
    const { folder, ended } = await replace(async () => undefined);
    expect(ended).toEqual(['what was there before is kept as a.vtt.bak']);
    expect(await readFile(path.join(folder, 'films', 'a.vtt.bak'), 'utf8')).toBe('by hand');
  });

  test('is kept in the folder that was checked, where a link took the place of its name', async () => {
    const { folder, ended, outside } = await replace(async (target, elsewhere) => {
      await rename(path.dirname(target), `${path.dirname(target)}-moved`);
      await symlink(elsewhere, path.dirname(target));
    });
    expect(ended).toEqual(['what was there before is kept as a.vtt.bak']);
    expect(await readFile(path.join(folder, 'films-moved', 'a.vtt.bak'), 'utf8')).toBe('by hand');
    expect(outside).toEqual(['a.vtt']);
    expect(await readFile(path.join(folder, 'secret', 'a.vtt'), 'utf8')).toBe('secret');
  });
});

test('a backup is of the file that was opened, whatever has its name by then', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'a.vtt');
  await writeFile(path.join(folder, 'secret'), 'secret');
  await writeFile(file, 'by hand', { mode: 0o640 });
  const opened = await open(file);
  await rename(file, `${file}.gone`);
  await symlink('secret', file);
  expect(await keepBackup(file, opened)).toBe(`${file}.bak`);
  await opened.close();
  const found = await lstat(`${file}.bak`);
  expect({ regular: found.isFile(), mode: found.mode & 0o777 }).toEqual({ regular: true, mode: 0o640 });
  expect(await readFile(`${file}.bak`, 'utf8')).toBe('by hand');
});
