import { SecondGlanceError } from '../core/errors.ts';
import { type GroupEvent, startGroupWorker } from '../queue/group-worker.ts';
import type { Bundle } from '../workers/bundle/bundle.ts';
import { defaultProcesses } from '../workers/pool/cores.ts';
import { LazyCaptioner } from '../workers/pool/lazy-captioner.ts';
import { runtimeOf } from '../workers/pool/pool.ts';
import { dropped } from './ending.ts';
import type { Service, ServiceContext } from './service.ts';

/** How long a group in hand may take when the worker has to end. Docker kills after ten seconds. */
const GRACE_MS = 7000;

function told(context: ServiceContext, event: GroupEvent): void {
  const { log, metrics } = context;
  const { what, video, run, group, reason, keyframes = 0, passes = 2, seconds = 0 } = event;
  const facts = { video, run, group, ...(reason === undefined ? {} : { reason }) };
  if (what === 'kept') {
    metrics.captioned(keyframes, passes, seconds);
    log.debug({ ...facts, keyframes, seconds }, 'captioned');
  } else if (what === 'failed' || what === 'gap') {
    metrics.failed(new SecondGlanceError(what === 'gap' ? 'group-given-up' : 'group-failed', reason ?? what));
    log.warn(facts, what === 'gap' ? 'group given up' : 'group failed, it is tried again');
  } else if (what === 'refused') log.warn(facts, 'group refused');
  else log.debug(facts, { twice: 'done before', gone: 'no longer wanted', lost: 'frames are gone' }[what]);
}

/**
 * The worker: captions groups with one bundle in `processes` inference processes. One group more is taken than they have
 * room for, so that its frames are there when a process falls free.
 */
export function workerService(context: ServiceContext, bundle: Bundle, processes = defaultProcesses()): Service {
  const { log } = context;
  const captioner = new LazyCaptioner({
    bundle,
    processes,
    onFailure: (error, { video, index }) => log.warn({ name: video, group: index, err: error }, 'inference failed'),
  });
  const { name, version, sha256 } = bundle.model;
  const loop = startGroupWorker(context.site, {
    concurrency: processes + 1,
    runtime: runtimeOf(bundle),
    refuse: ({ model }) =>
      model === sha256
        ? undefined
        : `a worker has ${name}@${version} (${sha256.slice(0, 12)}), the job asks for another bundle (${model.slice(0, 12)})`,
    work: (passes) => async (group, signal) => (await captioner.get()).caption(group, { passes }, signal),
    onGroup: (event) => told(context, event),
    onDropped: (error) => dropped(context, error),
    onTrouble: (error) => log.debug({ err: error }, 'queue'),
  });
  return {
    running: () => loop.running,
    async stop() {
      await loop.stop(GRACE_MS);
      await captioner.close();
    },
  };
}
