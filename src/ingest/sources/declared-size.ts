import { openRegular, readAt } from '../../core/regular-file.ts';

/** Where the headers of AVI and ASF files are. */
const HEAD = 8192;
/** The GUID of ASF's file properties, in front of a length, another GUID and the size of the file. */
const ASF_PROPERTIES = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex');

/**
 * How many bytes a file is shorter than its header says: 0 for containers that do not say, or whose demuxers complain themselves, and for files that
 * cannot be read.
 */
export async function missingBytes(path: string): Promise<number> {
  const file = await openRegular(path).catch(() => undefined);
  try {
    return file === undefined ? 0 : Math.max(0, declaredSize(await readAt(file.handle, HEAD, 0)) - file.size);
  } finally {
    await file?.handle.close();
  }
}

/** The size of the file by its header; 0 where it has none. */
function declaredSize(head: Buffer): number {
  if (head.length < 12) return 0;
  if (head.toString('latin1', 0, 4) === 'RIFF') {
    const size = head.readUInt32LE(4);
    // A recorder that did not finish leaves zeros or ones.
    return size === 0xffff_ffff ? 0 : size + 8;
  }
  const properties = head.indexOf(ASF_PROPERTIES);
  if (head.readUInt32BE(0) !== 0x3026b275 || properties < 0 || properties + 48 > head.length) return 0;
  return Number(head.readBigUInt64LE(properties + 40));
}
