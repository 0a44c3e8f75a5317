import { printableJson, printableNote } from '../core/text/printable.ts';

/** Writes lines to stdout, without anything that a terminal would obey. Each may have lines below it that begin with two spaces. */
export function writeLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${printableNote(line)}\n`).join(''));
}

/** Writes a line to stdout, as {@link writeLines}. */
export function writeLine(line: string): void {
  writeLines([line]);
}

/** Writes a value as one line of JSON to stdout. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** Writes a message to stderr, without anything that a terminal would obey. It may have lines below the first that begin with two spaces. */
export function writeNote(line: string): void {
  process.stderr.write(`${printableNote(line)}\n`);
}
