import { printable, printableJson } from '../core/text/printable.ts';

/** Writes a line to stdout, without anything that a terminal would obey. */
export function writeLine(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Writes a value as one line of JSON to stdout. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** Writes a line to stderr, without anything that a terminal would obey. */
export function writeNote(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}
