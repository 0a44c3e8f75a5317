import { SecondGlanceError, sentenceOf } from '../core/errors.ts';
import type { Caption, Group } from '../core/types.ts';
import { GuardError } from '../ingest/access/errors.ts';
import { type GroupEvent, startGroupWorker } from '../queue/group-worker.ts';
import { RescheduleError } from '../queue/job-loop.ts';
import type { CaptionModel } from '../workers/captioner.ts';
import { BundleError, WorkerError } from '../workers/errors.ts';
import { LazyCaptioner } from '../workers/pool/lazy-captioner.ts';
import { ServerError } from '../workers/server/server-error.ts';
import { reportRejected, type Service, type ServiceContext, troubleLog } from './service.ts';

/** How long groups in hand may take when the worker stops. Docker kills after ten seconds. */
const GRACE_MS = 7000;
/** A group whose model cannot be run is tried again after so long, by this worker or another. */
const MODEL_RETRY_MS = 5000;

const DEBUG_MESSAGES = {
  duplicate: 'captioned already',
  cancelled: 'run is over',
  'frames-missing': 'frames are missing',
} as const;

function report({ log, metrics }: ServiceContext, event: GroupEvent): void {
  const { outcome, video, run, group, reason, keyframes = 0, passes = 2, seconds = 0 } = event;
  const facts = { video, run, group, ...(reason === undefined ? {} : { reason }) };
  switch (outcome) {
    case 'committed':
      metrics.captioned(keyframes, passes, seconds);
      log.debug({ ...facts, keyframes, seconds }, 'captioned');
      break;
    case 'failed':
      metrics.failed(new SecondGlanceError('group-failed', reason ?? outcome));
      log.warn(facts, 'group failed, it is tried again');
      break;
    case 'failed-group':
      metrics.failed(new SecondGlanceError('group-given-up', reason ?? outcome));
      log.warn(facts, 'group failed for good');
      break;
    case 'postponed':
      log.warn(facts, 'group postponed');
      break;
    default:
      log.debug(facts, DEBUG_MESSAGES[outcome]);
  }
}

/** True where the model itself cannot run on this machine at present, so that no group is to blame. */
function isModelUnavailable(error: unknown): boolean {
  return (
    error instanceof BundleError ||
    error instanceof ServerError ||
    error instanceof GuardError ||
    (error instanceof WorkerError && error.code === 'worker-start')
  );
}

/**
 * The worker: captions groups for one model in `processes` inference processes. It takes one group more than there are processes, so
 * that its frames are at hand when a process is free.
 */
export function workerService(
  context: ServiceContext,
  model: CaptionModel,
  processes = model.defaultConcurrency,
): Service {
  const { log, metrics } = context;
  const captioner = new LazyCaptioner(() =>
    model.captioner({
      processes,
      onFailure: (error, { video, index }) => log.warn({ name: video, group: index, err: error }, 'inference failed'),
    }),
  );
  const caption = async (group: Group, passes: 1 | 2, signal: AbortSignal): Promise<readonly Caption[]> => {
    try {
      return await (await captioner.get()).caption(group, { passes }, signal);
    } catch (error) {
      if (signal.aborted || !isModelUnavailable(error)) throw error;
      metrics.failed(error);
      log.error({ err: error }, 'the model cannot run');
      throw new RescheduleError(MODEL_RETRY_MS, sentenceOf(error), { cause: error });
    }
  };
  const loop = startGroupWorker(context.queue, {
    model: model.model.sha256,
    concurrency: processes + 1,
    runtime: model.runtime,
    caption,
    onGroup: (event) => report(context, event),
    onRejected: (error) => reportRejected(context, error),
    onTrouble: troubleLog(log, 'queue'),
  });
  return {
    running: () => loop.running,
    async stop() {
      await loop.stop(GRACE_MS);
      await captioner.close();
    },
  };
}
