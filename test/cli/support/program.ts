import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { glob } from 'tinyglobby';

const root = path.join(import.meta.dirname, '../../..');
const builds = path.join(root, 'node_modules/.cache/secondglance-test');

/**
 * Builds the program as it ships, once for each state of the sources: running it from the sources would cost a second
 * a run, and another for each inference process. Not in dist/, which `npm run build` may replace meanwhile, but where
 * its packages are found.
 */
async function build(): Promise<string> {
  const sources = (
    await glob(['src/**/*.ts', 'web/**', 'models/registry.json', 'package.json', 'tsconfig*.json'], { cwd: root })
  ).sort();
  const hash = createHash('sha256');
  for (const file of sources) hash.update(file).update(await readFile(path.join(root, file)));
  const folder = path.join(builds, hash.digest('hex').slice(0, 16));
  const main = path.join(folder, 'dist/cli/main.js');
  if (existsSync(main)) return main;
  await removeOldBuilds();

  const making = `${folder}.${process.pid}.${randomBytes(3).toString('hex')}`;
  await mkdir(making, { recursive: true });
  const dist = path.join(making, 'dist');
  const compiler = path.join(root, 'node_modules/.bin/tsc');
  await promisify(execFile)(compiler, ['-p', 'tsconfig.build.json', '--outDir', dist], { cwd: root });
  const page = ['--import', 'tsx', 'web/build.ts', path.join(dist, 'page')];
  await promisify(execFile)(process.execPath, page, { cwd: root });
  await copyFile(path.join(root, 'package.json'), path.join(making, 'package.json'));
  await mkdir(path.join(making, 'models'));
  await copyFile(path.join(root, 'models/registry.json'), path.join(making, 'models/registry.json'));
  // Another test file may have been faster.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
  return main;
}

/** Builds of earlier sources that no run of today can still be using. */
async function removeOldBuilds(): Promise<void> {
  for (const name of await readdir(builds).catch(() => [])) {
    const folder = path.join(builds, name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > 24 * 3_600_000) await rm(folder, { recursive: true, force: true });
  }
}

let built: Promise<string> | undefined;

/** How a run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  /** Without lines of progress, which a run prints only where a busy machine takes more than ten seconds for it. */
  readonly stderr: string;
}

const PROGRESS =
  /^(?:starting|.*: (?:probing|loading the model|captioning|\d+ keyframes?, \d+:\d\d(?: of [\d:]+)?(?:, [\d.]+ times real time)?(?:, [\d:]+ left)?))\n/gm;

/** How to start the program. */
export interface Start {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; without it stdin is empty. */
  readonly input?: Uint8Array;
}

/** A run of the program that goes on. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a command and collects what it writes. */
export function startCommand(command: string, args: readonly string[], { cwd, env = {}, input }: Start): Running {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined); // a program that ends at once does not read it
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr: stderr.replaceAll(PROGRESS, '') }));
  });
  return { pid: child.pid ?? -1, child, ended };
}

/** The built program's main file; a test run builds it before its first test. */
export function program(): Promise<string> {
  const made = process.env.TEST_RUN_PROGRAM;
  built ??= made === undefined ? build() : Promise.resolve(made);
  return built;
}

/** Starts `secondglance` with the given arguments. */
export async function start(args: readonly string[], how: Start): Promise<Running> {
  return startCommand(process.execPath, [await program(), ...args], how);
}

/** Runs `secondglance` to its end. */
export async function run(args: readonly string[], how: Start): Promise<Ended> {
  return (await start(args, how)).ended;
}

/** How one of several command lines ended. */
export type EndedLine = Pick<Ended, 'code' | 'stdout' | 'stderr'>;

/**
 * Runs several command lines of `secondglance` one after the other in one process, which saves loading the program for each: for
 * refusals and for commands that read files. What signals, terminals and pipes do to a run needs a process of its own.
 */
export async function runEach(lines: readonly (readonly string[])[], how: Start): Promise<EndedLine[]> {
  const script = path.join(import.meta.dirname, 'run-each.mjs');
  const { stdout, stderr } = await startCommand(process.execPath, [script, await program(), JSON.stringify(lines)], how)
    .ended;
  if (stderr !== '' || stdout === '') throw new Error(`run-each.mjs failed: ${stderr}`);
  const all = JSON.parse(stdout) as EndedLine[];
  return all.map((ended) => ({ ...ended, stderr: ended.stderr.replaceAll(PROGRESS, '') }));
}

/** Runs a line of shell in which `$SG` is the program. */
export async function shell(line: string, how: Start): Promise<Ended> {
  const SG = `'${process.execPath}' '${await program()}'`;
  const script = line.replaceAll('$SG', SG);
  return startCommand('bash', ['-o', 'pipefail', '-c', script], how).ended;
}
