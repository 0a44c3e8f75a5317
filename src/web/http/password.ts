import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { UsageError } from '../../core/failures.ts';

const BYTES = 32;
/** 64 MiB and about a tenth of a second for each attempt. */
const COST = { N: 2 ** 16, r: 8, p: 1 } as const;
const FORM = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]{22,})\$([\w-]{43})$/;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

function derived(password: string, salt: Buffer, { N, r, p }: { N: number; r: number; p: number }): Promise<Buffer> {
  return derive(password.normalize('NFKC'), salt, BYTES, { N, r, p, maxmem: 256 * N * r });
}

/** The hash of a password, as a text: `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derived(password, salt, COST);
  const { N, r, p } = COST;
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Checks passwords against one. */
export type PasswordCheck = (password: string) => Promise<boolean>;

/** Takes a password, or its hash from {@link hashPassword}. Throws a UsageError for a hash that is damaged. */
export async function passwordCheck(given: string): Promise<PasswordCheck> {
  const text = given.startsWith('scrypt$') ? given : await hashPassword(given);
  const [, N, r, p, salt = '', hash = ''] = FORM.exec(text) ?? [];
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  if (N === undefined || cost.N < 2 ** 14 || cost.N > 2 ** 20 || cost.r > 32 || cost.p > 16) {
    throw new UsageError('SECONDGLANCE_SERVE_PASSWORD is a hash that is damaged: make it with serve --hash-password');
  }
  const expected = Buffer.from(hash, 'base64url');
  // One at a time: each takes 64 MiB.
  let last: Promise<unknown> = Promise.resolve();
  return (password) => {
    const checked = last.then(async () =>
      timingSafeEqual(await derived(password, Buffer.from(salt, 'base64url'), cost), expected),
    );
    last = checked.catch(() => undefined);
    return checked;
  };
}
