/** Bundles that earlier versions came with, and those that took their place: an old name means the new bundle. */
export const SUCCESSORS: ReadonlyMap<string, string> = new Map([['flickr-small', 'everyday-small']]);
