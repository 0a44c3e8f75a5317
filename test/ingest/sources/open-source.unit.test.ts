import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openSource } from '../../../src/ingest/sources/open-source.ts';
import type { Source } from '../../../src/ingest/sources/sources.ts';
import { errorOf, NEVER } from '../../support/reading.ts';

const STDIN: Source = { kind: 'stdin', input: '-', name: 'stdin', label: 'stdin' };

describe('openSource', () => {
  it('spools stdin, knows what it is, and removes it', async () => {
    const opened = await openSource(STDIN, {
      signal: NEVER,
      stdin: Readable.from([Buffer.from('ab'), Buffer.from('c')]),
    });
    expect(opened.source).toMatchObject({ kind: 'file', name: 'stdin', label: 'stdin' });
    expect(await readFile(opened.source.input, 'utf8')).toBe('abc');
    await opened.dispose();
    await opened.dispose();
    await expect(stat(dirname(opened.source.input))).rejects.toThrow('ENOENT');
    const jpeg = await openSource(STDIN, {
      signal: NEVER,
      stdin: Readable.from([Buffer.from([0xff, 0xd8, 0xff, 0xe0])]),
    });
    expect(jpeg.source.kind).toBe('picture');
    await jpeg.dispose();
  });

  it('says that nothing came in', async () => {
    expect(await errorOf(openSource(STDIN, { signal: NEVER, stdin: Readable.from([]) }))).toMatchObject({
      code: 'empty-file',
    });
  });

  it('leaves nothing behind on an abort', async () => {
    const before = await spools();
    const controller = new AbortController();
    const stdin = new PassThrough();
    stdin.write('half of it');
    const opening = openSource(STDIN, { signal: controller.signal, stdin });
    setTimeout(() => controller.abort(), 50);
    expect(await errorOf(opening)).toMatchObject({ code: 'aborted' });
    expect(await spools()).toEqual(before);
  });
});

async function spools(): Promise<string[]> {
  const { tmpdir } = await import('node:os');
  return (await readdir(tmpdir())).filter((name) => name.startsWith('secondglance-stdin-'));
}
