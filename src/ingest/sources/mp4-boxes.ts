import { openRegular, readAt } from '../../core/regular-file.ts';

/** Boxes that are looked at: an MP4 has a handful, a fragmented one shows itself in the first few. */
const MOST_BOXES = 64;

/** True for an MP4 or MOV file in fragments (`moof` boxes), each of which has its own start time. False where the file cannot be read. */
export async function isFragmented(path: string): Promise<boolean> {
  const file = await openRegular(path).catch(() => undefined);
  try {
    let at = 0;
    for (let box = 0; file !== undefined && box < MOST_BOXES; box++) {
      const head = await readAt(file.handle, 16, at);
      if (head.length < 8) return false;
      if (head.toString('latin1', 4, 8) === 'moof') return true;
      const short = head.readUInt32BE(0);
      const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
      if (size < 8) return false;
      at += size;
    }
    return false;
  } finally {
    await file?.handle.close();
  }
}
