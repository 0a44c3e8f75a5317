import { createHash } from 'node:crypto';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { recordTrack, trackState } from '../../src/pipeline/ledger.ts';
import { temporaryFolder } from './support/folder.ts';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test('absent, foreign, current, stale, edited', async () => {
  const folder = await temporaryFolder();
  const state = path.join(folder, 'state', 'deep');
  const target = path.join(folder, 'holiday.vtt');
  expect(await trackState(state, target, 'key')).toBe('absent');

  await writeFile(target, 'WEBVTT');
  expect(await trackState(state, target, 'key')).toBe('foreign');

  await recordTrack(state, target, { key: 'key', sha256: sha256('WEBVTT') });
  expect(await trackState(state, target, 'key')).toBe('current');
  expect(await trackState(state, target, 'other key')).toBe('stale');

  await writeFile(target, 'WEBVTT edited by hand');
  expect(await trackState(state, target, 'key')).toBe('foreign');

  await recordTrack(state, target, { key: 'other key', sha256: sha256('WEBVTT edited by hand') });
  expect(await trackState(state, target, 'other key')).toBe('current');
  expect(await readdir(path.join(state, 'tracks'))).toHaveLength(1);
});

test('the same track through another path', async () => {
  const folder = await temporaryFolder();
  const state = path.join(folder, 'state');
  await mkdir(path.join(folder, 'films'));
  await symlink('films', path.join(folder, 'link'));
  await writeFile(path.join(folder, 'films', 'a.vtt'), 'WEBVTT');
  await recordTrack(state, path.join(folder, 'films', 'a.vtt'), { key: 'key', sha256: sha256('WEBVTT') });
  expect(await trackState(state, path.join(folder, 'link', 'a.vtt'), 'key')).toBe('current');
  expect(await trackState(state, path.relative('.', path.join(folder, 'films', 'a.vtt')), 'key')).toBe('current');
});

test('a track that is gone is absent, whatever the ledger says', async () => {
  const folder = await temporaryFolder();
  await recordTrack(folder, path.join(folder, 'a.vtt'), { key: 'key', sha256: sha256('') });
  expect(await trackState(folder, path.join(folder, 'a.vtt'), 'key')).toBe('absent');
});

test('a damaged ledger protects the track', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'a.vtt');
  await writeFile(target, 'WEBVTT');
  await recordTrack(folder, target, { key: 'key', sha256: sha256('WEBVTT') });
  const [entry = ''] = await readdir(path.join(folder, 'tracks'));
  await writeFile(path.join(folder, 'tracks', entry), '{"key":');
  expect(await trackState(folder, target, 'key')).toBe('foreign');
});

test('folders are foreign; devices have nothing to lose', async () => {
  const folder = await temporaryFolder();
  expect(await trackState(folder, folder, 'key')).toBe('foreign');
  expect(await trackState(folder, '/dev/null', 'key')).toBe('absent');
});
