/** A name as it can be typed into a shell: in quotes where it has to be. For commands that a message advises. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
