import { createHash } from 'node:crypto';

const MOST_CHARACTERS = 60;

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function made(name: string, characters: RegExp): string {
  const safe = name.replace(characters, '-').replace(/^[.-]+/, '');
  // Two names must not become one.
  return safe === name && [...name].length <= MOST_CHARACTERS
    ? name
    : `${[...safe].slice(0, MOST_CHARACTERS).join('') || 'source'}-${shortHash(name)}`;
}

/** The folder of a source: its name, where that is a file name on any file system. Different names have different folders. */
export function sourceFolder(source: string): string {
  return made(source, /[^\p{L}\p{N}._-]+/gu);
}

/** A name of letters, digits, `_` and `-`, as Home Assistant's ids have them. Different texts have different ids. */
export function topicId(text: string): string {
  return made(text, /[^a-zA-Z0-9_-]+/g);
}
