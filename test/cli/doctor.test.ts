import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { run } from './support/program.ts';
import { benches, jsonLines } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches();

describe.concurrent('doctor', () => {
  test('all is well: what is there, and a caption that was really written', async () => {
    const { bundle, folder, env } = await bench('well');
    const { code, stdout, stderr } = await run(['doctor', '--model', bundle, '--json'], { cwd: folder, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const findings = new Map(jsonLines(stdout).map((finding) => [finding.name, finding]));
    expect([...findings.keys()]).toEqual([
      'secondglance',
      'node',
      'cores',
      'ffmpeg',
      'onnxruntime',
      'bundle',
      'provider',
      'test',
    ]);
    expect(findings.get('node')?.message).toContain(process.version);
    expect(findings.get('ffmpeg')?.message).toMatch(/^\S+ at \/\S+ffmpeg; /);
    expect(findings.get('bundle')?.message).toMatch(/^tiny 1 in .*4 files, checksums match/);
    expect(findings.get('provider')).toMatchObject({
      state: 'ok',
      message: expect.stringMatching(/^cpu really runs: of (\d+) operator runs, \1 by CPUExecutionProvider$/),
    });
    expect(findings.get('test')).toMatchObject({
      state: 'ok',
      message: expect.stringMatching(/model: "A .+" \(confidence 0\.\d+/),
    });
    expect([...findings.values()].filter(({ state }) => state === 'fail')).toEqual([]);
  });

  test('a damaged bundle', async () => {
    const { at, folder, env } = await bench('damaged');
    await buildTinyBundle(at('bad'), { damage: 'checksum' });
    const { code, stdout } = await run(['doctor', '--model', './bad'], { cwd: folder, env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}bundle +.*decoder\.onnx is damaged or not the file/m);
    expect(stdout).toMatch(/^ok {4}ffmpeg/m);
  });

  test('a device that is not there, or that does not exist', async () => {
    const { bundle, folder, env } = await bench('device');
    // Its libraries are not in the package.
    const { code, stdout } = await run(['doctor', '--model', bundle, '--device', 'cuda'], { cwd: folder, env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}provider +.*cannot be loaded on cuda/m);
    const wrong = await run(['doctor'], { cwd: folder, env: { ...env, SECONDGLANCE_DEVICE: 'tpu' } });
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/SECONDGLANCE_DEVICE: use auto/),
    });
  });

  test('no ffmpeg', async () => {
    const { at, bundle, folder, env } = await bench('no ffmpeg');
    await mkdir(at('bin'));
    await symlink(process.execPath, path.join(at('bin'), 'node'));
    const { code, stdout } = await run(['doctor', '--model', bundle], {
      cwd: folder,
      env: { ...env, PATH: at('bin') },
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}ffmpeg +ffmpeg was not found on the PATH: install ffmpeg/m);
    expect(stdout).toMatch(/^ok {4}bundle/m);
    expect(stdout).not.toMatch(/^\s+at /m);
  });
});
