import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openFileSink } from '../../src/storage/file-sink.ts';
import { ensureFolder } from '../../src/storage/folders/ensure-folder.ts';
import { nonClosingSink } from '../../src/storage/sink.ts';
import { streamSink } from '../../src/storage/stream-sink.ts';
import { temporaryFolder } from './support/folder.ts';

const run = promisify(execFile);

test('the target appears complete, on commit only', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'holiday.vtt');
  const sink = await openFileSink(target);
  await sink.write('one ');
  await sink.write('Café\n');
  await sink.write('x'.repeat(200_000));
  const during = await readdir(folder);
  expect(during).toHaveLength(1);
  expect(during[0]).toMatch(/^\.holiday\.vtt\.[0-9a-f]{6}-\d+-[0-9a-f]{8}\.part$/);

  const written = await sink.commit();
  const bytes = await readFile(target);
  expect(bytes.toString()).toBe(`one Café\n${'x'.repeat(200_000)}`);
  expect(written).toEqual({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect(await readdir(folder)).toEqual(['holiday.vtt']);
});

test('an existing track stays until the new one is complete, and after a discard', async () => {
  const target = path.join(await temporaryFolder(), 'holiday.vtt');
  await writeFile(target, 'old');
  const abandoned = await openFileSink(target);
  await abandoned.write('x'.repeat(100_000));
  await abandoned.discard();
  await abandoned.discard();
  expect(await readFile(target, 'utf8')).toBe('old');
  expect(await readdir(path.dirname(target))).toEqual(['holiday.vtt']);

  const sink = await openFileSink(target);
  await sink.write('new');
  expect(await readFile(target, 'utf8')).toBe('old');
  await sink.commit();
  await sink.commit();
  await sink.discard();
  expect(await readFile(target, 'utf8')).toBe('new');
});

test('writes that are not awaited keep their order', async () => {
  const target = path.join(await temporaryFolder(), 'a.jsonl');
  const sink = await openFileSink(target);
  const pieces = Array.from({ length: 50 }, (_, at) => `${at} `.repeat(9000));
  await Promise.all(pieces.map((piece) => sink.write(piece)));
  await sink.commit();
  expect(await readFile(target, 'utf8')).toBe(pieces.join(''));
});

test('temp files of killed runs are removed, those of running processes and other files are not', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'holiday.vtt');
  const script = `
    import { openFileSink } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/storage/file-sink.ts'))};
    const sink = await openFileSink(process.argv[1]);
    await sink.write('x'.repeat(100000));
    process.stdout.write('written');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const [left = ''] = await readdir(folder);
  expect(left).toMatch(/\.part$/);

  const other = '.holiday.vtt.notes.part';
  const elsewhere = '.holiday.vtt.000000-1-00000000.part';
  const elsewhereLongAgo = '.holiday.vtt.000000-1-00000001.part';
  for (const name of [other, elsewhere, elsewhereLongAgo]) await writeFile(path.join(folder, name), '');
  await utimes(path.join(folder, elsewhereLongAgo), 1, 1);

  const beside = await openFileSink(target);
  expect(await readdir(folder)).toContain(left);
  await beside.discard();

  child.kill('SIGKILL');
  await once(child, 'exit');
  const sink = await openFileSink(target);
  expect(await readdir(folder)).not.toContain(left);
  await sink.commit();
  expect((await readdir(folder)).sort()).toEqual([elsewhere, other, 'holiday.vtt'].sort());
});

test('two sinks of one process on one target do not interfere: the second finds the target changed', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'holiday.vtt');
  const first = await openFileSink(target);
  await first.write('first');
  const second = await openFileSink(target);
  await second.write('second');
  await first.commit();
  await expect(second.commit()).rejects.toMatchObject({ code: 'output-changed' });
  await second.discard();
  expect(await readFile(target, 'utf8')).toBe('first');
  expect(await readdir(folder)).toEqual(['holiday.vtt']);
});

test('the callback runs before the rename, and prevents it by failing', async () => {
  const target = path.join(await temporaryFolder(), 'holiday.vtt');
  const claims: unknown[] = [];
  const sink = await openFileSink(target, {
    onBeforeRename: async (written) => {
      claims.push(written, existsSync(target));
      return ['a note'];
    },
  });
  await sink.write('text');
  const written = await sink.commit();
  expect(claims).toEqual([{ bytes: written.bytes, sha256: written.sha256 }, false]);
  expect(written.notes).toEqual(['a note']);

  const refused = await openFileSink(`${target}2`, { onBeforeRename: () => Promise.reject(new Error('no manifest')) });
  await expect(refused.commit()).rejects.toMatchObject({ code: 'output-failed' });
  await refused.discard();
  expect(existsSync(`${target}2`)).toBe(false);
});

test('a symbolic link is kept', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'real.vtt'), 'old');
  await symlink('real.vtt', path.join(folder, 'link.vtt'));
  const sink = await openFileSink(path.join(folder, 'link.vtt'));
  await sink.write('new');
  await sink.commit();
  expect(await readlink(path.join(folder, 'link.vtt'))).toBe('real.vtt');
  expect(await readFile(path.join(folder, 'real.vtt'), 'utf8')).toBe('new');
});

test('a name of 255 bytes still has room for its temp file', async () => {
  const target = path.join(await temporaryFolder(), `${'é'.repeat(125)}a.vtt`);
  const sink = await openFileSink(target);
  await sink.write('text');
  await sink.commit();
  expect(await readFile(target, 'utf8')).toBe('text');
});

test('each problem with a target has its own code', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'tracks'));
  await writeFile(path.join(folder, 'file'), '');
  const codeOf = (target: string): Promise<unknown> =>
    openFileSink(target).then(
      () => 'opened',
      (error: { code: string }) => error.code,
    );
  expect(await codeOf(path.join(folder, 'missing', 'a.vtt'))).toBe('output-folder-missing');
  expect(await codeOf(path.join(folder, 'file', 'a.vtt'))).toBe('output-folder-missing');
  expect(await codeOf(path.join(folder, 'tracks'))).toBe('output-is-folder');
  await expect(ensureFolder(path.join(folder, 'file', 'a', 'b'))).rejects.toMatchObject({ name: 'OutputError' });
});

test('folders are created with their parents', async () => {
  const folder = await temporaryFolder();
  await ensureFolder(path.join(folder, 'a', 'b', 'c'));
  await ensureFolder(path.join(folder, 'a', 'b'));
  expect(await readdir(path.join(folder, 'a', 'b'))).toEqual(['c']);
});

test.runIf(existsSync('/sys/kernel'))('a folder that cannot be written', async () => {
  await expect(openFileSink('/sys/kernel/a.vtt')).rejects.toMatchObject({
    code: 'output-permission',
    message: expect.stringContaining('/sys/kernel/a.vtt'),
  });
  await expect(ensureFolder('/sys/kernel/tracks')).rejects.toMatchObject({ code: 'output-permission' });
});

test.runIf(existsSync('/dev/full'))('a full disk', async () => {
  const sink = await openFileSink('/dev/full');
  await expect(sink.write('text')).rejects.toMatchObject({ code: 'output-full', retryable: true });
  await sink.discard();
});

test.runIf(process.platform === 'linux')('a disk that fills up leaves the old track and no temp file', async () => {
  const folder = await temporaryFolder();
  const target = path.join(folder, 'holiday.vtt');
  await writeFile(target, 'old');
  const script = `
    import { openFileSink } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/storage/file-sink.ts'))};
    process.on('SIGXFSZ', () => {});
    const sink = await openFileSink(process.argv[1]);
    try {
      for (let at = 0; at < 20; at += 1) await sink.write('x'.repeat(65536));
      await sink.commit();
    } catch (error) {
      await sink.discard();
      process.stdout.write(error.code + ': ' + error.message);
    }`;
  // A limit on the size of files stands in for a small disk: the write that crosses it is cut short, the next fails.
  const { stdout } = await run('sh', [
    '-c',
    'ulimit -f 512; exec "$0" --import tsx --input-type=module -e "$1" "$2"',
    process.execPath,
    script,
    target,
  ]);
  expect(stdout).toMatch(/^output-failed: cannot write .*holiday\.vtt: EFBIG/);
  expect(await readdir(folder)).toEqual(['holiday.vtt']);
  expect(await readFile(target, 'utf8')).toBe('old');
});

test.runIf(process.platform === 'linux')(
  'pipes without a reader block nothing, and are written when one comes',
  async () => {
    const folder = await temporaryFolder();
    const pipes = Array.from({ length: 5 }, (_, n) => path.join(folder, `${n}.vtt`));
    await run('mkfifo', pipes);
    const controller = new AbortController();
    const opening = pipes.map((pipe) => openFileSink(pipe, { signal: controller.signal }));
    const [first, ...others] = opening;
    // Were they to block, no thread would be left for this.
    expect(await readdir(folder)).toHaveLength(5);
    const reading = run('cat', [pipes[0] ?? '']);
    const sink = await first;
    await sink?.write('text');
    await sink?.commit();
    expect((await reading).stdout).toBe('text');
    controller.abort(new Error('stopped'));
    for (const other of others) await expect(other).rejects.toThrow('stopped');
  },
);

test.runIf(existsSync('/dev/null'))('a device is kept', async () => {
  const sink = await openFileSink('/dev/null');
  await sink.write('text');
  expect(await sink.commit()).toMatchObject({ bytes: 4 });
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
});

test('stdout waits for a slow reader, and stays open', async () => {
  const taken: string[] = [];
  let takeMore = (): void => undefined;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString());
      takeMore = done;
    },
  });
  const sink = streamSink(stream);
  let answers = 0;
  const first = sink.write('1234').then(() => {
    answers += 1;
  });
  // A turn of the event loop: an answer that does not wait for the reader would be there.
  await new Promise((resolve) => setImmediate(resolve));
  expect({ taken, answers }).toEqual({ taken: ['1234'], answers: 0 });
  takeMore();
  await first;
  const second = sink.write('5678');
  takeMore();
  await second;
  expect(taken.join('')).toBe('12345678');
  expect(await sink.commit()).toMatchObject({ bytes: 8 });
  await sink.discard();
  expect(stream.writable).toBe(true);
});

test('a reader that closes the pipe has its own code, and ends nothing else', async () => {
  const script = `
    import { streamSink } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/storage/stream-sink.ts'))};
    const sink = streamSink(process.stdout);
    let lines = 0;
    try {
      for (;;) { await sink.write('line\\n'); lines += 1; }
    } catch (error) {
      await sink.discard();
      process.stderr.write(error.code);
      process.exitCode = 7;
    }`;
  const { stdout, stderr } = await run('bash', [
    '-c',
    'set -o pipefail; "$0" --import tsx --input-type=module -e "$1" | head -n 2; echo "$?"',
    process.execPath,
    script,
  ]);
  expect(stdout).toBe('line\nline\n7\n');
  expect(stderr).toBe('output-closed');
});

test('several tracks share one sink, one after the other', async () => {
  const target = path.join(await temporaryFolder(), 'all.jsonl');
  const sink = await openFileSink(target);
  for (const text of ['a\n', 'b\n']) {
    const part = nonClosingSink(sink);
    await part.write(text);
    expect(await part.commit()).toMatchObject({ bytes: 2 });
    expect(existsSync(target)).toBe(false);
  }
  const broken = nonClosingSink(sink);
  await broken.write('c\n');
  await broken.discard();
  expect(await sink.commit()).toMatchObject({ bytes: 6 });
  expect(await readFile(target, 'utf8')).toBe('a\nb\nc\n');
});
