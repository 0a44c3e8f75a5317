import type { TrackKind } from '../../core/kind.ts';
import type { TextSink } from '../../storage/sink.ts';
import { tidy } from '../cues/text.ts';
import { vttTime } from '../cues/time.ts';
import { ttmlRegion, ttmlRegionElement, ttmlText } from '../styling/write-cue.ts';
import type { TrackFormat } from './track-format.ts';
import { type TrackHeader, type TrackWriter, writtenBy } from './track-writer.ts';

/** Escapes text for XML. Two noncharacters that XML cannot represent are removed; `tidy` has removed control characters. */
function escapeXml(text: string): string {
  return text
    .replace(/[\uFFFE\uFFFF]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Values of `ttm:role`. */
const ROLES: Readonly<Record<TrackKind, string>> = {
  descriptions: 'description',
  subtitles: 'dialog',
  captions: 'caption',
};

async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const { source, language, kind } = header;
  const written = escapeXml(tidy(`Written by ${writtenBy(header)}`));
  const places = [...(header.styling?.places ?? [])].sort();
  const regions = places.map((place) => `      ${ttmlRegionElement(place)}\n`).join('');
  await sink.write(`<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" ttp:timeBase="media" xml:lang="${escapeXml(language)}">
  <head>
    <metadata>
      <ttm:title>${escapeXml(tidy(source.name))}</ttm:title>
      <ttm:desc>${written}</ttm:desc>
    </metadata>
    <styling>
      <style xml:id="text" tts:color="white" tts:fontFamily="proportionalSansSerif" tts:textAlign="center"/>
    </styling>
    <layout>
      <region xml:id="bottom" style="text" tts:origin="10% 75%" tts:extent="80% 20%" tts:displayAlign="after"/>
${regions}    </layout>
  </head>
  <body>
    <div ttm:role="${ROLES[kind]}">
`);
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      const region = ttmlRegion(cue.style?.place);
      await sink.write(
        `      <p xml:id="c${cues}" region="${region}" begin="${vttTime(cue.start)}" end="${vttTime(cue.end)}">${ttmlText(cue, escapeXml)}</p>\n`,
      );
    },
    async finish() {
      await sink.write('    </div>\n  </body>\n</tt>\n');
      return sink.commit();
    },
    abort: () => sink.discard(),
  };
}

/**
 * TTML in the IMSC 1.1 text profile (W3C, 8 November 2018): media times, one region at the bottom, one paragraph per
 * cue. The language goes into `xml:lang`, the kind into `ttm:role`.
 */
export const ttml = {
  name: 'ttml',
  extension: 'ttml',
  description: 'TTML (IMSC 1.1 text): broadcasters and stores',
  open,
} as const satisfies TrackFormat;
