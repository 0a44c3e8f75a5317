import { reconcile } from '../captioning/queued/submitted.ts';
import { lineOf, viewOf } from '../captioning/queued/video-view.ts';
import type { SettingFlags } from '../config/load.ts';
import { EXIT } from '../core/failures.ts';
import { abortExitCode } from '../core/interruption.ts';
import { sleep } from '../core/sleep.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { isAway } from '../queue/redis/connection.ts';
import { isOpen, type VideoRecord } from '../queue/redis/records.ts';
import { withQueue } from './queue-client.ts';

/** What `status` is asked for. */
export interface StatusFlags extends SettingFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Between two looks of `--watch`. */
const WATCH_MS = 1000;

async function recordsOf(site: QueueContext, id: string | undefined): Promise<VideoRecord[]> {
  if (id === undefined) return site.records.list();
  const record = await site.records.read(await site.records.resolve(id));
  return record === undefined ? [] : [record];
}

async function heading(site: QueueContext): Promise<string> {
  const paused = await site.queues.paused();
  const depths = await site.queues.depths();
  const groups = depths.groups ?? { waiting: 0, active: 0, failed: 0 };
  const state = { all: 'paused; ', videos: 'draining: no new video is begun; ', nothing: '' }[paused];
  return `${state}${groups.waiting} groups waiting, ${groups.active} in work`;
}

/** Writes the whole state, over the last one on a terminal; else only what has changed. */
class Screen {
  readonly #live = process.stdout.isTTY;
  #height = 0;
  #last = new Map<string, string>();

  show(lines: readonly string[], ids: readonly string[]): void {
    if (this.#live) {
      const up = this.#height === 0 ? '' : `\x1b[${this.#height}A\x1b[J`;
      process.stdout.write(`${up}${lines.join('\n')}\n`);
      const columns = Math.max(1, process.stdout.columns);
      const rows = (line: string): number =>
        line.split('\n').reduce((sum, part) => sum + Math.max(1, Math.ceil(part.length / columns)), 0);
      this.#height = lines.reduce((sum, line) => sum + rows(line), 0);
      return;
    }
    for (const [at, line] of lines.entries()) {
      const id = ids[at] ?? '';
      if (this.#last.get(id) !== line) process.stdout.write(`${line}\n`);
      this.#last.set(id, line);
    }
  }
}

/** `secondglance status`: shows once, or with `watch` until all have ended. Returns the exit code. */
export async function runStatus(
  id: string | undefined,
  { watch = false, json = false, ...flags }: StatusFlags,
  signal: AbortSignal,
): Promise<number> {
  return withQueue(flags, async (site) => {
    const screen = new Screen();
    for (;;) {
      try {
        await reconcile(site);
        const records = await recordsOf(site, id);
        const lines = records.map((record) => (json ? JSON.stringify(viewOf(record)) : lineOf(viewOf(record))));
        const ids = records.map((record) => record.id);
        if (json || id !== undefined) screen.show(lines, ids);
        else screen.show([await heading(site), ...lines], ['', ...ids]);
        if (!watch || records.every(({ state }) => !isOpen(state))) return EXIT.done;
      } catch (error) {
        if (!watch || !isAway(error)) throw error;
        process.stderr.write('secondglance: Redis is away; waiting for it\n');
      }
      await sleep(WATCH_MS, signal).catch(() => undefined);
      if (signal.aborted) return abortExitCode(signal) ?? EXIT.done;
    }
  });
}
