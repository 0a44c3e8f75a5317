/**
 * Has schemathesis send servers what docs/openapi.json allows, and much that it does not: one with a video and an archive of cameras; and, for the
 * routes of cameras, one whose archive is not there yet, and one without.
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
import { startServer, type TestServer } from '../support/server.ts';
import { makeSubjects, settingsOfAll } from './subjects.ts';

const INSTALL = 'python3 -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install schemathesis==4.32.5';
const SPEC = path.join(import.meta.dirname, '../../../docs/openapi.json');
/** Routes that read the archive. */
const CAMERA_ROUTES = '^/(cameras|sightings|alert-rule)';

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
const at = (...names: string[]): string => path.join(folder.path, ...names);

/** Runs schemathesis against a server. `config`: makes its schemathesis.toml. */
async function fuzz(
  what: string,
  places: readonly string[],
  config: (server: TestServer) => string | Promise<string>,
  args: readonly string[],
): Promise<void> {
  process.stderr.write(`\n${what}\n`);
  const server = await startServer(['--model', at('tiny'), ...places], { cwd: folder.path, env: {} });
  try {
    await writeFile(at('schemathesis.toml'), await config(server));
    const options = ['--url', server.api, '--checks', 'all', ...args];
    const code = await schemathesis(['--config-file', at('schemathesis.toml'), 'run', SPEC, ...options], folder.path);
    // What no answer shows: failures that were not expected, and what Node warns of, such as files that were not closed.
    const remarks = server
      .log()
      .split('\n')
      .filter((line) => /"level":[56]0|^\(node:|Warning: /.test(line));
    if (code === 0 && remarks.length === 0) return;
    process.exitCode = 1;
    process.stderr.write(`${[...new Set(remarks)].join('\n')}\n`);
  } finally {
    await server.stop();
  }
}

try {
  await schemathesis(['--version'], folder.path);
  await buildTinyBundle(at('tiny'));
  await mkdir(at('films'));
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x48:r=5:d=4', at('films', 'film.mp4'));
  const archive = await cameraArchive(folder.path);
  archive.db.close();
  const args = process.argv.slice(2);
  const full = ['--folder', at('films'), '--data', at('full'), '--state', archive.file];
  await fuzz('Videos, and cameras with an archive', full, (server) => makeSubjects(server, at('films/film.mp4')), args);
  const cameras = ['--include-path-regex', CAMERA_ROUTES, ...args];
  const missing = ['--data', at('missing'), '--state', at('not-there.db')];
  await fuzz('Cameras, before their archive is there', missing, settingsOfAll, cameras);
  await fuzz('Cameras, without an archive', ['--data', at('none')], settingsOfAll, cameras);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await folder.remove();
}
