import type { Micros } from '../../core/types.ts';
import type { Packet } from '../probe/packets.ts';

/** A packet of a cut is at least this large, as a share of the key frame before it: the encoder has to store a whole picture. */
const WHOLE_PICTURE = 0.4;
/** It is this many times as large as the largest of the packets before it. */
const STANDS_OUT = 1.25;
const COMPARED = 12;
/** Right after a key frame there are no packets to compare with: it is nearly as large as the key frame. */
const FEW = 3;
const AS_LARGE = 0.8;

/** What the packets between two key frames tell without being decoded. */
export interface GopFacts {
  /** How many packets there are; 0 where they were not found. */
  readonly packets: number;
  /** One of them is as large as a whole picture, though those before it are not: a cut, most likely. */
  readonly jump: boolean;
}

/** Reads the sizes of a stream's packets along with its key frames, to find the GOPs in which a cut may hide. */
export class GopSizes {
  readonly #packets: AsyncGenerator<Packet, void, void>;
  #ahead: Packet | undefined;
  /** Size of the last key frame, and sizes of the packets after it. */
  #keySize = 0;
  #recent: number[] = [];

  /** @param packets those of one video stream, in file order */
  constructor(packets: AsyncGenerator<Packet, void, void>) {
    this.#packets = packets;
  }

  /** What lies between two key frames at these times, null for the end. To be asked in order of time. */
  async between(from: Micros, to: Micros | null): Promise<GopFacts> {
    let count = 0;
    let jump = false;
    for (;;) {
      const packet = this.#ahead ?? (await this.#packets.next()).value ?? undefined;
      this.#ahead = packet;
      if (packet === undefined) break;
      const time = packet.pts ?? packet.dts ?? from;
      if (packet.key && to !== null && time >= to) break;
      this.#ahead = undefined;
      const jumps = this.#jumps(packet);
      if (time <= from) continue;
      count++;
      // A decoder may pass over a key frame of the container, because pictures before it refer to it.
      jump ||= jumps || packet.key;
    }
    return { packets: count, jump };
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    await this.#packets.return();
  }

  #jumps({ key, size }: Packet): boolean {
    if (key) {
      this.#keySize = size;
      this.#recent = [];
      return false;
    }
    const before = this.#recent;
    this.#recent = [...before, size].slice(-COMPARED);
    if (before.length < FEW) return size >= AS_LARGE * this.#keySize;
    return size >= WHOLE_PICTURE * this.#keySize && size >= STANDS_OUT * Math.max(...before);
  }
}
