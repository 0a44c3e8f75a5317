import { signal } from '@preact/signals';
import type { Session } from '../../../src/web/api/schemas/system.ts';
import { api, inWords } from './server.ts';

/** Who asks; undefined until the server has said. */
export const session = signal<Session | undefined>(undefined);

/** Why the server has not said it. */
export const sessionProblem = signal<string | undefined>(undefined);

/** Asks the server whether a password is needed. */
export async function loadSession(): Promise<void> {
  try {
    session.value = await api('GET /session');
    sessionProblem.value = undefined;
  } catch (error) {
    sessionProblem.value = inWords(error);
  }
}

/** Logs in. Throws what the server answers to a wrong password. */
export async function logIn(password: string): Promise<void> {
  session.value = await api('POST /session', { body: { password } });
}

/** Logs out and forgets what was loaded. */
export async function logOut(): Promise<void> {
  await api('DELETE /session');
  location.reload();
}
