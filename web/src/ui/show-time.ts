import type { Micros } from '../../../src/core/types.ts';

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `1:02:03`, or `2:03` below an hour. */
export function clockTime(time: Micros): string {
  const seconds = Math.max(0, Math.floor(time / 1e6));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `1:02:03.456`, or `2:03.456` below an hour: what {@link parseTime} reads. */
export function exactTime(time: Micros): string {
  const milliseconds = Math.max(0, Math.round(time / 1000));
  return `${clockTime(Math.floor(milliseconds / 1000) * 1e6)}.${String(milliseconds % 1000).padStart(3, '0')}`;
}

/** Reads `1:02:03.456`, `2:03,4` or `123.4`; undefined where it is none of these. */
export function parseTime(text: string): Micros | undefined {
  const [, hours, minutes, seconds] = /^\s*(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d{0,6})?)\s*$/.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const [h, m, s] = [Number(hours ?? 0), Number(minutes ?? 0), Number(seconds.replace(',', '.'))];
  if ((minutes !== undefined && s >= 60) || (hours !== undefined && m >= 60)) return undefined;
  return Math.round((h * 3600 + m * 60 + s) * 1e6);
}

/** A span in words: `8 s`, `3 min`, `2 h 5 min`. */
export function spanInWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A size in words: `640 B`, `12 KB`, `3.4 GB`. */
export function sizeInWords(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
