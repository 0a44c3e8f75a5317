import { signal } from '@preact/signals';
import { inWords } from '../state/server.ts';

/** A message in the corner of the page. */
export interface Notice {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

let last = 0;

/** What is shown now. */
export const notices = signal<readonly Notice[]>([]);

/** Takes a message away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Shows a message: a good one for a few seconds, a bad one until it is taken away. */
export function notify(text: string, tone: Notice['tone'] = 'good'): void {
  last += 1;
  const notice = { id: last, tone, text };
  notices.value = [...notices.value.filter((one) => one.text !== text), notice].slice(-4);
  if (tone === 'good') setTimeout(() => dismiss(notice.id), 5000);
}

/** Does what a button asks for, and shows what went wrong. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    notify(inWords(error), 'bad');
    return false;
  }
}
