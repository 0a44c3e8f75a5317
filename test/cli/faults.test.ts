import { chmod, copyFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { ffmpeg } from '../support/videos.ts';
import { run, runEach } from './support/program.ts';
import { benches, colourPicture, colourVideo } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([
    colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
    colourPicture(path.join(shared, 'red.png'), 'red'),
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', path.join(shared, 'sound.m4a')),
  ]);
});

const STACK = /^\s+at .*:\d+:\d+/m;

test('a range without a frame is a failure that says so, and leaves no track', async () => {
  const { shared, at, caption, folder } = await bench('range');
  await copyFile(path.join(shared, 'rgb.mp4'), at('rgb.mp4'));
  const { code, stderr } = await caption('rgb.mp4', '--from', '50s');
  expect(code).toBe(1);
  expect(stderr).toMatch(/no frame of "rgb\.mp4", which is 6\.0 s long, lies between --from and --to/);
  expect(await readdir(folder)).toEqual(['rgb.mp4']);
});

describe.concurrent('a broken input costs only itself', () => {
  test('each has one clear sentence; the others are captioned; exit code 3', async () => {
    const { shared, at, caption, folder } = await bench('mixed');
    await copyFile(path.join(shared, 'rgb.mp4'), at('good.mp4'));
    await copyFile(path.join(shared, 'sound.m4a'), at('sound.mp4'));
    await writeFile(at('empty.mp4'), '');
    await writeFile(at('letter.mp4'), 'Dear Sir or Madam,\nthis is no video.\n'.repeat(50));
    await writeFile(at('torn.png'), (await readFile(path.join(shared, 'red.png'))).subarray(0, 60));
    await copyFile(path.join(shared, 'rgb.mp4'), at('noindex.mp4'));
    await truncate(at('noindex.mp4'), 2000);
    const { code, stdout, stderr } = await caption(
      'empty.mp4',
      'letter.mp4',
      'sound.mp4',
      'torn.png',
      'noindex.mp4',
      'missing.mp4',
      'no*thing.mp4',
      'good.mp4',
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    const lines = stderr.trim().split('\n');
    expect(lines.sort()).toEqual(
      [
        expect.stringMatching(/^"empty\.mp4" is empty \(zero bytes\)/),
        expect.stringMatching(/^"letter\.mp4" is not a video/),
        expect.stringMatching(/^"missing\.mp4" does not exist/),
        expect.stringMatching(/^"noindex\.mp4" is damaged/),
        expect.stringMatching(/^"sound\.mp4" has no video in it \(only audio\)/),
        expect.stringMatching(/^8 inputs: 1 done, 7 failed; 3 keyframes, 3 cues in /),
        expect.stringMatching(/Nothing matches "no\*thing\.mp4"/),
        expect.stringMatching(/"torn\.png" is (damaged|not a picture)/),
        expect.stringMatching(/^good\.mp4: 3 keyframes/),
      ].sort(
        (a, b) =>
          lines.findIndex((line) => a.asymmetricMatch(line)) - lines.findIndex((line) => b.asymmetricMatch(line)),
      ),
    );
    expect(stderr).not.toMatch(STACK);
    expect((await readdir(folder)).filter((name) => name.endsWith('.vtt'))).toEqual(['good.vtt']);
  });

  test('all failed: exit code 1, and no output file', async () => {
    const { at, captionEach, folder } = await bench('all-failed');
    await writeFile(at('empty.mp4'), '');
    const runs = await captionEach(['empty.mp4'], ['empty.mp4', 'missing.mp4', '-o', 'all.jsonl']);
    expect(runs).toMatchObject([{ code: 1, stdout: '' }, { code: 1 }]);
    expect(await readdir(folder)).toEqual(['empty.mp4']);
  });

  test('--verbose shows the command that was tried, how it ended, and the stack', async () => {
    const { at, caption } = await bench('verbose');
    await writeFile(at('letter.mp4'), 'Dear Sir or Madam,\nthis is no video.\n'.repeat(50));
    const { stderr } = await caption('letter.mp4', '--verbose');
    expect(stderr).toMatch(/^"letter\.mp4" is not a video/);
    expect(stderr).toMatch(/^ {2}command: \S*ffprobe .*letter\.mp4$/m);
    expect(stderr).toMatch(/^ {2}ended with: exit code \d+, signal none$/m);
    expect(stderr).toMatch(STACK);
  });

  test.runIf(process.getuid?.() !== 0)('no permission', async () => {
    const { shared, at, caption } = await bench('permission');
    await copyFile(path.join(shared, 'rgb.mp4'), at('secret.mp4'));
    await chmod(at('secret.mp4'), 0);
    expect(await caption('secret.mp4')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^"secret\.mp4" may not be read by this user/),
    });
  });
});

describe.concurrent('usage', () => {
  test('exit code 2, one sentence that says what to do, and nothing is written', async () => {
    const { folder, env } = await bench('usage');
    const refusals: [string[], RegExp][] = [
      [[], /Usage: secondglance/],
      [['subtitle', 'a.mp4'], /unknown command 'subtitle'/],
      [['caption', 'a.mp4', '--frames'], /argument missing/],
      [['caption', '-', '-'], /read only once/],
      [['caption', 'a.mp4', '--json', '-o', '-'], /both write to stdout/],
      [['caption', 'a.mp4', '--priority', 'high'], /--priority orders jobs .* add --queue/],
      [['caption', 'a.mp4', '--queue', '--workers', '2'], /--workers is for this machine/],
      [['steps', '--from', 'steps.json', '--workers', '2'], /--workers has no effect/],
      [['steps', '--from', 'steps.json', '--min-step', '9s'], /--min-step has no effect/],
      [['doctor', '--bogus'], /unknown option/],
    ];
    const lines = refusals.map(([args]) => args);
    const ended = await runEach(lines, { cwd: folder, env });
    expect(ended).toMatchObject(
      refusals.map(([, message]) => ({ code: 2, stdout: '', stderr: expect.stringMatching(message) })),
    );
    for (const { stderr } of ended) expect(stderr).not.toMatch(STACK);
    expect(await readdir(folder)).toEqual([]);
  });

  test('--help and --version are no failures', async () => {
    const { folder, env } = await bench('help');
    const [help, version] = await runEach([['caption', '--help'], ['--version']], { cwd: folder, env });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d/) });
    for (const option of [
      '--output',
      '--format',
      '--frames',
      '--from',
      '--to',
      '--passes',
      '--min-confidence',
      '--model',
      '--workers',
      '--resume',
      '--no-resume',
      '--force',
      '--quiet',
      '--verbose',
      '--json',
    ]) {
      expect(help?.stdout).toContain(option);
    }
  });
});

describe.concurrent('bundles', () => {
  test.each([
    ['checksum', /decoder\.onnx is damaged or not the file/],
    ['onnx', /decoder\.onnx/],
  ] as const)('%s: one sentence for the whole run', async (damage, message) => {
    const { shared, at, folder, env } = await bench(`bundle ${damage}`);
    await buildTinyBundle(at('bad'), { damage });
    const inputs = [`${shared}/rgb.mp4`, `${shared}/red.png`];
    const { code, stderr } = await run(['caption', ...inputs, '-o', 'out/', '--model', './bad'], { cwd: folder, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['bad']);
  });

  test('an unknown name', async () => {
    const { shared, folder, env } = await bench('bundle unknown');
    expect(await run(['caption', `${shared}/rgb.mp4`, '--model', 'nobody'], { cwd: folder, env })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^secondglance: There is no bundle nobody/),
    });
  });
});
