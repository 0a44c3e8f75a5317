import { Worker } from 'node:worker_threads';
import { loadBundle } from '../bundle/bundle.ts';
import { type Engine, openEngine } from '../bundle/engine.ts';
import { verifyProvider } from '../bundle/verify-provider.ts';
import { BundleError } from '../errors.ts';
import { type Answer, type OpenRequest, packError, type Request } from './messages.ts';

/*
 * The entry of an inference process: forked by `inference-process.ts`, loads one bundle, captions one group after the other.
 * Runs of the model are synchronous: while one goes on, this process hears nothing, neither messages nor the end of its parent.
 */

/** How often the guard checks whether the parent is still there. */
const GUARD_PERIOD_MS = 500;

/**
 * Runs in a thread of its own, so also during a run. A killed parent leaves this process to another one. Who it was must be told: on a busy machine
 * the parent can be gone before this thread has begun.
 */
const GUARD = `
  const { workerData: parent } = require('node:worker_threads');
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, ${GUARD_PERIOD_MS});
`;

/** Ends this process with its parent, however that ended. SIGKILL: there is nothing to save, and a run cannot be interrupted otherwise. */
function endWithParent(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const resourceLimits = { maxOldGenerationSizeMb: 8 };
  const guard = new Worker(GUARD, { eval: true, execArgv: [], workerData: process.ppid, resourceLimits });
  guard.unref();
}

async function open({ folder, provider, sha256 }: OpenRequest): Promise<Engine> {
  const bundle = await loadBundle(folder, { provider });
  if (bundle.model.sha256 !== sha256) {
    throw new BundleError('bundle-changed', `The bundle in ${folder} was changed during the run: run again.`);
  }
  return openEngine(bundle);
}

function answer(message: Answer): void {
  // Where the parent is gone there is nobody to tell, and `disconnect` ends this process.
  process.send?.(message, () => undefined);
}

let engine: Engine | undefined;

async function serve(request: Request): Promise<Answer> {
  try {
    if (request.type === 'caption' && engine !== undefined) {
      return { type: 'captions', captions: await engine.caption(request.group, request.options) };
    }
    if (request.type === 'prove') {
      return { type: 'proof', operators: await verifyProvider(await loadBundle(request.folder, request)) };
    }
    if (request.type === 'caption') throw new Error('An inference process was given a group before its bundle.');
    engine = await open(request);
    return { type: 'ready' };
  } catch (error) {
    return { type: 'failed', thrown: packError(error) };
  }
}

// Ctrl-C reaches the whole process group: the parent decides what it means.
process.on('SIGINT', () => undefined);
endWithParent();
process.on('message', (request: Request) => {
  serve(request).then(answer);
});
