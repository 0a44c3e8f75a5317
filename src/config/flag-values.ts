import { UsageError } from '../core/failures.ts';
import type { Micros } from '../core/types.ts';

/** Reads `90`, `90s`, `2m`, `1:30`, `1:02:03.5` as microseconds. Throws a UsageError naming `flag`. */
export function parseTime(text: string, flag: string): Micros {
  const clock = /^(?:(\d+):(?=[0-5]?\d:))?(\d+):([0-5]?\d(?:\.\d+)?)$/.exec(text);
  if (clock !== null) {
    const [, hours = '0', minutes = '0', seconds = '0'] = clock;
    return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e6);
  }
  const plain = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (plain === null) throw new UsageError(`${flag} ${text}: not a time; write it as 90s, 1:30 or 1:02:03.5`);
  const unit = { ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 }[plain[2] ?? 's'] ?? 1e6;
  return Math.round(Number(plain[1]) * unit);
}

/** Reads a whole number. Throws a UsageError naming `flag`. */
export function parseWhole(text: string, flag: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${flag} ${text}: give a whole number from ${least} to ${most}`);
  }
  return value;
}

/** Reads a number from 0 to 1. Throws a UsageError naming `flag`. */
export function parseShare(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new UsageError(`${flag} ${text}: give a number from 0 to 1`);
  }
  return value;
}

/** Reads one of a few names. Throws a UsageError naming `flag` and the names. */
export function parseName<Name extends string>(text: string, flag: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === text);
  if (name === undefined) throw new UsageError(`${flag} ${text}: use ${names.join(', ')}`);
  return name;
}
