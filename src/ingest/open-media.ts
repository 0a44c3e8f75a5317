import { IngestError } from './errors.ts';
import type { MediaInfo } from './probe/media-info.ts';
import { probe } from './probe/probe.ts';
import { type OpenSource, openSource, spoolUrl } from './sources/open-source.ts';
import type { Source } from './sources/sources.ts';

/** A source that was opened and probed, until it is disposed. */
export interface OpenMedia extends OpenSource {
  readonly media: MediaInfo;
}

/**
 * Opens and probes a source. A video that its server gives only from start to end, with its index at the end, is downloaded first. Throws an
 * IngestError.
 */
export async function openMedia(source: Source, options: { readonly signal: AbortSignal }): Promise<OpenMedia> {
  try {
    return await probed(await openSource(source, options), options);
  } catch (error) {
    if (!(error instanceof IngestError) || error.code !== 'not-seekable' || source.limits !== undefined) throw error;
    return await probed(await spoolUrl(source, options.signal), options);
  }
}

async function probed(opened: OpenSource, options: { readonly signal: AbortSignal }): Promise<OpenMedia> {
  try {
    return { ...opened, media: await probe(opened.source, options) };
  } catch (error) {
    await opened.dispose();
    throw error;
  }
}
