import type { StoredVideo } from '../store/documents.ts';

/** What the names of files that are made from a video begin with: its own, without the folder and the extension. */
export function stemOf({ name }: Pick<StoredVideo, 'name'>): string {
  return (name.split('/').at(-1) ?? '').replace(/\.[^./\\]{1,5}$/, '') || 'video';
}
