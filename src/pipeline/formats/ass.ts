import type { Micros } from '../../core/types.ts';
import type { TextSink } from '../../storage/sink.ts';
import { tidy } from '../cues/text.ts';
import { assText } from '../styling/write-cue.ts';
import type { TrackFormat } from './track-format.ts';
import { type TrackHeader, type TrackWriter, writtenBy } from './track-writer.ts';

const LOOKALIKES: Readonly<Record<string, string>> = { '{': '(', '}': ')', '\\': '⧵' };

/**
 * Text for an ASS event. Braces enclose override tags and a backslash starts one; not every renderer knows an escape for
 * them, so they become characters that look alike. A line feed becomes `\N`.
 */
function sanitize(text: string): string {
  return text.replace(/[{}\\]/g, (mark) => LOOKALIKES[mark] ?? mark).replaceAll('\n', '\\N');
}

/** `H:MM:SS.cc`: rounded to hundredths of a second, which is what ASS has. Rounding preserves order. */
function assTime(time: Micros): string {
  const total = Math.round(time / 10_000);
  const two = (value: number): string => String(Math.floor(value) % 60).padStart(2, '0');
  const hundredths = String(total % 100).padStart(2, '0');
  return `${Math.floor(total / 360_000)}:${two(total / 6000)}:${two(total / 100)}.${hundredths}`;
}

async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const { source, language } = header;
  await sink.write(`[Script Info]
; Written by ${tidy(writtenBy(header))}
Title: ${tidy(source.name)}
ScriptType: v4.00+
Language: ${language}
PlayResX: 640
PlayResY: 360
ScaledBorderAndShadow: yes
WrapStyle: 0

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H00FFFFFF,&H00101010,&H80000000,0,0,0,0,100,100,0,0,1,1.5,0.5,2,20,20,18,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
`);

  return {
    async caption() {},
    async cue(cue) {
      const text = assText(cue, sanitize);
      await sink.write(`Dialogue: 0,${assTime(cue.start)},${assTime(cue.end)},Default,,0,0,0,,${text}\n`);
    },
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}

/**
 * Advanced SubStation Alpha, version 4+: one style, white with a dark outline, at the bottom, scaled with the video. The
 * language goes into `Language`, which libass uses; there is no place for the kind.
 */
export const ass = {
  name: 'ass',
  extension: 'ass',
  description: 'Advanced SubStation Alpha: mpv, VLC, video editors',
  open,
} as const satisfies TrackFormat;
