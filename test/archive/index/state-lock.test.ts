import { fork } from 'node:child_process';
import { once } from 'node:events';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/archive/index/database.ts';
import { lockState } from '../../../src/archive/index/state-lock.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let file: string;
beforeEach(async () => {
  folder = await makeFolder();
  file = path.join(folder.path, 'cams.db');
});
afterEach(() => folder.remove());

test('one holder at a time; readers are not affected; release is idempotent', () => {
  const lock = lockState(file);
  openDatabase(file, { create: true }).close();
  openDatabase(file, { create: false }).close();
  expect(() => lockState(file)).toThrow(expect.objectContaining({ code: 'already-watched', retryable: true }));
  lock.release();
  lock.release();
  const second = lockState(file);
  expect(() => lockState(file)).toThrow(/another secondglance watch or live is using/);
  second.release();
});

test('a process whose event loop is blocked keeps the lock, however old it is; kill -9 frees it at once', async () => {
  const holder = fork(path.join(import.meta.dirname, 'hold-lock.ts'), [file], { execArgv: ['--import', 'tsx'] });
  try {
    await once(holder, 'message');
    // As if it had not been renewed for an hour: a lock with an expiry would be taken over here.
    await utimes(`${file}.watch.lock`, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
    expect(() => lockState(file)).toThrow(expect.objectContaining({ code: 'already-watched' }));
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
  lockState(file).release();
});

test('a state file in a folder that does not exist: state-unusable', () => {
  expect(() => lockState(path.join(folder.path, 'none', 'cams.db'))).toThrow(
    expect.objectContaining({ code: 'state-unusable' }),
  );
});
