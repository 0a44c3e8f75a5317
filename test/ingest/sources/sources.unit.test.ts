import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path, { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandInputs } from '../../../src/ingest/sources/sources.ts';
import { makeFolder } from '../../support/videos.ts';

describe('expandInputs', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const at = (...parts: string[]): string => join(folder.path, ...parts);

  beforeAll(async () => {
    folder = await makeFolder();
    await mkdir(at('in', 'b', 'deep'), { recursive: true });
    for (const name of ['.hidden', '@eaDir', '#recycle']) await mkdir(at('in', name), { recursive: true });
    await mkdir(at('empty', 'below'), { recursive: true });
    const files = [
      'in/z.mp4',
      'in/a.JPG',
      'in/b/2.mkv',
      'in/b/deep/1.m3u8',
      'in/.hidden/x.mp4',
      'in/@eaDir/x.mp4',
      'in/#recycle/x.mp4',
      'in/.x.mp4',
      'in/notes.txt',
    ];
    for (const file of [...files, 'plain', 'odd[1].mp4', 'empty/readme.md']) await writeFile(at(file), 'x');
    await writeFile(at('photo'), Buffer.from('\x89PNG\r\n\x1a\n----', 'latin1'));
    await symlink(at('in', 'z.mp4'), at('in', 'b', 'link.mp4'));
    await symlink(at('in'), at('in', 'b', 'loop'));
  });
  afterAll(() => folder.remove());

  it('takes the pictures of a guide for parts of a page, and a picture that the user put there for one to caption', async () => {
    const guide = at('cooking', 'tea-guide');
    for (const name of [path.join(guide, 'pictures'), at('cooking', 'pictures')])
      await mkdir(name, { recursive: true });
    await writeFile(path.join(guide, 'steps.json'), '{\n  "format": "secondglance-steps",\n  "version": 2\n}\n');
    const own = [
      path.join(guide, 'pictures', 'mine.jpg'),
      at('cooking', 'pictures', 'at-1.000.jpg'),
      at('cooking', 'tea.mp4'),
    ];
    for (const file of [...own, path.join(guide, 'pictures', 'at-38.520.jpg')]) await writeFile(file, 'x');
    const { sources } = await expandInputs([at('cooking')]);
    expect(sources.map(({ name }) => name).sort()).toEqual([
      'pictures/at-1.000.jpg',
      'tea-guide/pictures/mine.jpg',
      'tea.mp4',
    ]);
  });

  it('says of a name that is not UTF-8 what is wrong with it', async () => {
    const { problems } = await expandInputs([at('caf\uFFFD.mp4')]);
    expect(problems.map(({ error }) => [error.code, error.message])).toEqual([
      ['missing-file', expect.stringContaining('its name is not UTF-8: rename the file')],
    ]);
  });

  it.runIf(process.platform === 'linux')('an entry that cannot be read costs itself alone', async () => {
    await mkdir(at('odd'));
    for (const name of ['a.mp4', 'z.mp4']) await writeFile(at('odd', name), name);
    await writeFile(
      Buffer.concat([Buffer.from(`${at('odd')}/m`), Buffer.from([0xff, 0xfe]), Buffer.from('.mp4')]),
      'x',
    );
    await symlink(at('none.mp4'), at('odd', 'b.mp4'));
    for (const arg of [at('odd'), at('odd', '*.mp4')]) {
      const { sources, problems } = await expandInputs([arg]);
      expect(sources.map(({ input }) => basename(input))).toEqual(['a.mp4', 'z.mp4']);
      const undecoded = problems.filter(({ error }) => /its name is not UTF-8: rename/.test(error.message));
      expect(undecoded).toHaveLength(1);
    }
  });

  it('searches a folder in depth, sorted, without hidden names, and names files by their tree', async () => {
    const { sources, problems } = await expandInputs([at('in')]);
    expect(problems).toEqual([]);
    expect(sources.map(({ name, kind, tree }) => [name, kind, tree])).toEqual([
      ['a.JPG', 'picture', ''],
      ['b/2.mkv', 'file', 'b'],
      ['b/deep/1.m3u8', 'file', 'b/deep'],
      ['b/link.mp4', 'file', 'b'], // and not z.mp4 again, which is the same file
    ]);
    expect(sources[1]?.input).toBe(at('in', 'b', '2.mkv'));
  });

  it('tells TypeScript in a folder from a transport stream, broken or not; a file that is named counts', async () => {
    await mkdir(at('ts'));
    await writeFile(at('ts', 'a.ts'), 'export const grüße = "G";\n');
    await writeFile(at('ts', 'b.d.mts'), 'G'.repeat(400));
    await writeFile(at('ts', 'c.ts'), Buffer.alloc(400, 0x47).fill(0, 1, 100));
    await writeFile(at('ts', 'd.ts'), Buffer.alloc(400));
    await writeFile(at('ts', 'e.ts'), '');
    const { sources } = await expandInputs([at('ts')]);
    expect(sources.map(({ name }) => name)).toEqual(['c.ts', 'd.ts', 'e.ts']);
    expect((await expandInputs([at('ts', 'a.ts')])).sources).toHaveLength(1);
  });

  it('takes a named file whatever its extension, and knows a picture by its content', async () => {
    const { sources } = await expandInputs([at('plain'), at('photo')]);
    expect(sources.map(({ name, kind, tree }) => [name, kind, tree])).toEqual([
      ['plain', 'file', undefined],
      ['photo', 'picture', undefined],
    ]);
  });

  it('counts a file once, under the name that comes first', async () => {
    const { sources } = await expandInputs([at('in', 'z.mp4'), at('in', '..', 'in', 'z.mp4'), at('in')]);
    expect(sources.map(({ name }) => name)).toEqual(['z.mp4', 'a.JPG', 'b/2.mkv', 'b/deep/1.m3u8']);
  });

  it('expands a glob, and prefers the file that has that very name', async () => {
    const { sources } = await expandInputs([at('in', '**', '*.mkv'), at('odd[1].mp4')]);
    expect(sources.map(({ name }) => name)).toEqual(['2.mkv', 'odd[1].mp4']);
  });

  it('knows URLs and stdin', async () => {
    const { sources } = await expandInputs([
      'https://example.org/films/my%20film.mp4?x=1',
      'http://example.org',
      '-',
      '-',
    ]);
    expect(sources.map(({ kind, name, input }) => [kind, name, input])).toEqual([
      ['url', 'my film.mp4', 'https://example.org/films/my%20film.mp4?x=1'],
      ['url', 'example.org', 'http://example.org/'],
      ['stdin', 'stdin', '-'],
    ]);
  });

  it('makes a problem of what stands for nothing, and goes on with the rest', async () => {
    const { sources, problems } = await expandInputs([
      at('gone.mp4'),
      at('empty'),
      at('*.avi'),
      at('plain', 'x'),
      at('plain'),
    ]);
    expect(sources.map(({ name }) => name)).toEqual(['plain']);
    expect(problems.map(({ error }) => error.code)).toEqual([
      'missing-file',
      'empty-folder',
      'no-match',
      'missing-file',
    ]);
    for (const { label, error } of problems) expect(error.message).toContain(label);
  });

  // Root may read everything, so it has to become somebody else for this.
  it.runIf(process.getuid?.() === 0)('says that a folder may not be read', async () => {
    await mkdir(at('locked'));
    await chmod(at('locked'), 0o700);
    await chmod(folder.path, 0o755);
    process.seteuid?.(65_534);
    try {
      const { problems } = await expandInputs([at('locked')]);
      expect(problems.map(({ error }) => error.code)).toEqual(['no-permission']);
    } finally {
      process.seteuid?.(0);
    }
  });
});
