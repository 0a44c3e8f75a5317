import { exitWithParent } from '../../core/process/die-with-parent.ts';
import { BundleError } from '../errors.ts';
import { loadLocalModel } from '../families/families.ts';
import type { LocalEngine } from '../families/family.ts';
import { verifyProvider } from '../families/verify-provider.ts';
import { adoptHashes } from '../hash-file.ts';
import { type Answer, type OpenRequest, packError, type Request } from './messages.ts';

/*
 * The entry point of an inference process, which `inference-process.ts` starts: loads one model and captions one group after the other. Runs of
 * the model are synchronous: while one is going on, this process handles no messages and no signals.
 */

async function open({ folder, provider, detail, sha256, hashes }: OpenRequest): Promise<LocalEngine> {
  adoptHashes(hashes);
  const model = await loadLocalModel(folder, provider, detail);
  if (model.model.sha256 !== sha256) {
    throw new BundleError('bundle-changed', `The model in ${folder} was changed during the run: run again.`);
  }
  return model.open();
}

function answer(message: Answer): void {
  // Fails only where the parent has ended, and then `exitWithParent` ends this process.
  process.send?.(message, () => undefined);
}

let engine: LocalEngine | undefined;

async function handle(request: Request): Promise<Answer> {
  try {
    switch (request.type) {
      case 'open':
        engine = await open(request);
        return { type: 'ready' };
      case 'verify':
        return {
          type: 'verified',
          operators: await verifyProvider(await loadLocalModel(request.folder, request.provider)),
        };
      case 'caption':
        if (engine === undefined) throw new Error('An inference process got a group before its model.');
        return { type: 'captions', captions: await engine.caption(request.group, request.options) };
    }
  } catch (error) {
    return { type: 'failed', thrown: packError(error) };
  }
}

// Loaded while the parent finds out which model it is.
import('../bundle/engine.ts').catch(() => undefined);

// Ctrl-C reaches the whole process group: the parent decides what happens.
process.on('SIGINT', () => undefined);
exitWithParent();
process.on('message', (request: Request) => {
  handle(request).then(answer);
});
