const names = new Map<string, string>();

/** Says which folder a path of an open descriptor leads to, for messages. */
export function nameFolder(path: string, folder: string): void {
  names.set(path, folder);
}

/** Forgets a path whose descriptor is closed. */
export function forgetFolder(path: string): void {
  names.delete(path);
}

/** A text with the names of folders in place of paths of open descriptors. */
export function withFolderNames(text: string): string {
  let readable = text;
  for (const [path, folder] of names) readable = readable.replaceAll(`${path}/`, `${folder}/`);
  return readable;
}
