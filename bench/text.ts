// How well text in the picture is read, by its height: node --import tsx bench/text.ts
// Draws known lines with this machine's fonts on plain and on noisy pictures of 960 x 540, compresses and blurs them, reads them with
// PP-OCR, and prints the share of lines that were found (F1) and the errors per character of those. At the end: milliseconds a picture.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { editDistance, similarity } from '../src/pipeline/screen-text/similar-text.ts';
import { openOcr } from '../src/workers/ocr/ocr-engine.ts';
import { ocrFolder, readOcrFiles } from '../src/workers/ocr/ocr-files.ts';

const [WIDTH, HEIGHT] = [960, 540];
/** Height of a capital letter in pixels. */
const HEIGHTS = [6, 8, 10, 12, 16, 24, 40];
const LINES = [
  'Press any key to continue',
  'Platform 9, Exit 3',
  'Total 42.50 EUR',
  'File Edit View Help',
  'Chapter 3: Methods',
];
/** What becomes of a drawn picture before it is read. */
const CONDITIONS: Readonly<Record<string, (picture: Sharp) => Sharp | Promise<Sharp>>> = {
  clean: (picture) => picture,
  'JPEG 30': async (picture) => sharp(await picture.jpeg({ quality: 30 }).toBuffer()),
  blurred: (picture) => picture.blur(1.2),
  'half contrast': (picture) => picture.linear(0.5, 64),
  // Scrolled by two pixels a frame and compressed hard, as a screen recording may be.
  'moving, H.264': (picture) => scrolled(picture),
  noisy: async (picture) => {
    const noise = {
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      background: '#000',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    } as const;
    const grain = await sharp({ create: noise }).png().toBuffer();
    return sharp(
      await picture
        .composite([{ input: grain, blend: 'overlay' }])
        .png()
        .toBuffer(),
    );
  },
};

/** The fifth frame of a film in which the picture moves. */
async function scrolled(picture: Sharp): Promise<Sharp> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-text-'));
  const at = (name: string) => path.join(folder, name);
  await picture.png().toFile(at('in.png'));
  const filter = `pad=${WIDTH}:${HEIGHT + 40}:0:20:color=gray,crop=${WIDTH}:${HEIGHT}:0:'40-2*n'`;
  const film = ['-loop', '1', '-framerate', '25', '-i', at('in.png'), '-vf', filter, '-frames:v', '20'];
  const run = promisify(execFile);
  await run('ffmpeg', ['-v', 'error', ...film, '-c:v', 'libx264', '-crf', '34', '-pix_fmt', 'yuv420p', at('film.mp4')]);
  await run('ffmpeg', [
    '-v',
    'error',
    '-i',
    at('film.mp4'),
    '-vf',
    "select='eq(n,10)'",
    '-frames:v',
    '1',
    at('out.png'),
  ]);
  const moved = sharp(await readFile(at('out.png')));
  await rm(folder, { recursive: true });
  return moved;
}

interface Counts {
  found: number;
  read: number;
  errors: number;
  characters: number;
}

/** A picture with the lines below each other; the font's capitals are about 0.72 of its size. */
function draw(height: number, dark: boolean): Sharp {
  const size = height / 0.72;
  const [ink, paper] = dark ? ['#eee', '#20242c'] : ['#111', '#f4f1ea'];
  const rows = LINES.map((text, at) => {
    const y = 60 + at * 95;
    return `<text x="${30 + 25 * at}" y="${y}" font-family="DejaVu Sans, sans-serif" font-size="${size}" fill="${ink}">${text}</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" fill="${paper}"/>${rows.join('')}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha();
}

async function pixelsOf(picture: Sharp): Promise<Uint8Array> {
  return new Uint8Array(await picture.removeAlpha().toColourspace('srgb').raw().toBuffer());
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const engine = await openOcr(await readOcrFiles(ocrFolder(), 'cpu'), {});
const spent: number[] = [];

async function measure(height: number, change: (picture: Sharp) => Sharp | Promise<Sharp>): Promise<Counts> {
  const counts: Counts = { found: 0, read: 0, errors: 0, characters: 0 };
  for (const dark of [false, true]) {
    const drawn = sharp(await draw(height, dark).png().toBuffer());
    const pixels = await pixelsOf(await change(drawn));
    const began = performance.now();
    const lines = await engine.read({ width: WIDTH, height: HEIGHT, pixels });
    spent.push(performance.now() - began);
    counts.read += lines.length;
    for (const truth of LINES) {
      const best = lines.toSorted((a, b) => similarity(b.text, truth) - similarity(a.text, truth))[0];
      if (best === undefined || similarity(best.text, truth) < 0.5) continue;
      counts.found += 1;
      counts.errors += editDistance(best.text.replace(/\s/g, ''), truth.replace(/\s/g, ''));
      counts.characters += truth.replace(/\s/g, '').length;
    }
  }
  return counts;
}

print(`| capitals, pixels | ${Object.keys(CONDITIONS).join(' | ')} |`);
print(`| --- |${' --- |'.repeat(Object.keys(CONDITIONS).length)}`);
for (const height of HEIGHTS) {
  const cells: string[] = [];
  for (const change of Object.values(CONDITIONS)) {
    const { found, read, errors, characters } = await measure(height, change);
    const f1 = found === 0 ? 0 : (2 * found) / (read + 2 * LINES.length);
    const errorRate = characters === 0 ? '-' : `${((100 * errors) / characters).toFixed(1)} %`;
    cells.push(`${f1.toFixed(2)}, ${errorRate}`);
  }
  print(`| ${height} | ${cells.join(' | ')} |`);
}

const smooth = new Uint8Array(WIDTH * HEIGHT * 3).map((_, at) => Math.floor(((at / 3) % WIDTH) / 4));
const began = performance.now();
for (let n = 0; n < 20; n++) await engine.read({ width: WIDTH, height: HEIGHT, pixels: smooth });
const gate = (performance.now() - began) / 20;
const mean = spent.reduce((a, b) => a + b, 0) / spent.length;
print(`\n${mean.toFixed(0)} ms a picture with five lines, ${gate.toFixed(1)} ms one without edges`);
await engine.release();
