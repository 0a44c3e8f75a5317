import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { outputError } from '../../storage/errors.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';

/** Answers that no run has asked for so long are not expected to be needed. */
const KEEP_DAYS = 30;
/** Finished groups whose answers are kept: longer than it takes until their captions are durable. */
const KEPT_GROUPS = 256;

const answerLine = z.object({ request: z.string(), answer: z.string() });

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The answers for one group. */
export interface GroupAnswers {
  /** The answer to a request, from an earlier attempt or from `ask`; durable before it is returned. */
  get(request: string, ask: () => Promise<string>): Promise<string>;
  /** The group has its captions. */
  finish(): void;
}

/**
 * The answers of a server for groups that have no durable captions yet, a file a group: an attempt that goes on after a kill asks for none
 * of them again.
 */
export class AnswerJournal {
  readonly #folder: string;
  readonly #finished: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Prepares the folder, and deletes what runs that were never resumed have left behind. Throws an OutputError. */
  async open(): Promise<void> {
    await ensureFolder(this.#folder);
    const before = Date.now() - KEEP_DAYS * 86_400_000;
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      const age = await stat(file).catch(() => undefined);
      if (age !== undefined && age.mtimeMs < before) await rm(file, { force: true });
    }
  }

  /** @param name identifies the group and everything that its captions depend on, except its pictures */
  async group(name: string): Promise<GroupAnswers> {
    const file = join(this.#folder, `${hash(name)}.jsonl`);
    const known = new Map<string, string>();
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      // The last line may be torn.
      const { data } = answerLine.safeParse(parsed(line));
      if (data !== undefined) known.set(data.request, data.answer);
    }
    return {
      async get(request, ask) {
        const key = hash(request);
        const before = known.get(key);
        if (before !== undefined) return before;
        const answer = await ask();
        const line = JSON.stringify({ request: key, answer });
        // The line feed in front ends a line that was torn.
        await appendFile(file, `\n${line}\n`, { flush: true }).catch((error: unknown) => {
          throw outputError(error, `write the answers in ${file}`);
        });
        known.set(key, answer);
        return answer;
      },
      finish: () => {
        this.#finished.push(file);
        const old = this.#finished.length > KEPT_GROUPS ? this.#finished.shift() : undefined;
        if (old !== undefined) void rm(old, { force: true });
      },
    };
  }

  /** Deletes the answers of finished groups. */
  async close(): Promise<void> {
    await Promise.all(this.#finished.splice(0).map((file) => rm(file, { force: true })));
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
