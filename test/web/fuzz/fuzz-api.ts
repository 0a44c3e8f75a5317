/**
 * Has schemathesis send a server what docs/openapi.json allows, and much that it does not:
 *
 *   npm run fuzz:api
 *   npm run fuzz:api -- --max-examples 500 --seed 7      options of `schemathesis run`
 *
 * Needs schemathesis (Python): on the PATH, or its path in SCHEMATHESIS. CONTRIBUTING.md says how to install it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTinyBundle } from '../../support/tiny-bundle.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';
import { cameraArchive } from '../support/camera-archive.ts';
import { startServer } from '../support/server.ts';
import { makeSubjects } from './subjects.ts';

const INSTALL = 'python3 -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install schemathesis==4.32.5';

/** Runs schemathesis in a folder. Returns its exit code. */
async function schemathesis(args: readonly string[], folder: string): Promise<number> {
  const command = process.env.SCHEMATHESIS ?? 'schemathesis';
  const child = spawn(command, args, { cwd: folder, stdio: 'inherit' });
  // Rejects with the error of a program that does not start.
  const [code] = (await once(child, 'close').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Error(`${command} was not found. Install it, and name it in SCHEMATHESIS: ${INSTALL}`)
      : error;
  })) as [number | null];
  return code ?? 1;
}

const folder = await makeFolder();
try {
  await schemathesis(['--version'], folder.path);
  const bundle = path.join(folder.path, 'tiny');
  await buildTinyBundle(bundle);
  const films = path.join(folder.path, 'films');
  await mkdir(films);
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x48:r=5:d=4', path.join(films, 'film.mp4'));
  const archive = await cameraArchive(folder.path);
  archive.db.close();
  const places = ['--folder', films, '--data', path.join(folder.path, 'data'), '--state', archive.file];
  const server = await startServer(['--model', bundle, ...places], { cwd: folder.path, env: {} });
  try {
    const config = path.join(folder.path, 'schemathesis.toml');
    await writeFile(config, await makeSubjects(server, path.join(films, 'film.mp4')));
    const spec = path.join(import.meta.dirname, '../../../docs/openapi.json');
    process.exitCode = await schemathesis(
      ['--config-file', config, 'run', spec, '--url', server.api, '--checks', 'all', ...process.argv.slice(2)],
      folder.path,
    );
    // What no answer shows: failures that were not expected, and what Node warns of, such as files that were not closed.
    const remarks = server
      .log()
      .split('\n')
      .filter((line) => /"level":[56]0|^\(node:|Warning: /.test(line));
    if (remarks.length > 0) process.exitCode = 1;
    process.stderr.write(process.exitCode === 0 ? '' : `${[...new Set(remarks)].join('\n')}\n`);
  } finally {
    await server.stop();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await folder.remove();
}
