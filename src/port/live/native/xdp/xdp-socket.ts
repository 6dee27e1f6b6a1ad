/**
 * Opens an XDP socket (AF_XDP) whose packet memory is the region: a chunk of the kernel is a slot, so a frame lies in its slot
 * when it is received and is sent from there. Main thread; the port's threads share the descriptor and the mapped rings.
 */
import type { Libc } from '../libc.js';
import type { OpenFailure } from '../packet-socket.js';
import { ADDRESS_WORDS, DESCRIPTOR_WORDS, type MappedRing } from './kernel-ring.js';
import { TX_METADATA_BYTES } from './tx-metadata.js';

const AF_XDP = 44;
const SOCK_RAW = 3;
const CLOEXEC = 0x80000;
const SOL_XDP = 283;
const Option = { mapOffsets: 1, rxRing: 2, txRing: 3, umem: 4, fillRing: 5, completionRing: 6, statistics: 7 } as const;
const Place = { rx: 0, tx: 0x80000000, fill: 0x100000000, completion: 0x180000000 } as const;
const USE_NEED_WAKEUP = 8;
const USE_TX_METADATA = 4;
const READ_AND_WRITE = 3;
/** MAP_SHARED and MAP_POPULATE. */
const SHARED_AND_PRESENT = 0x8001;
const MAP_FAILED = 2 ** 64;
/** Offsets of one ring: producer, consumer, entries and flags, 8 bytes each. */
const OFFSETS_BYTES = 32;

/** Bytes that the kernel keeps free in front of a frame that it writes into a chunk (XDP_PACKET_HEADROOM). */
export const XDP_HEADROOM_BYTES = 256;
/** Chunks that the kernel takes: powers of two from 2 KiB to a page. */
export const XDP_SLOT_BYTES: readonly number[] = [2048, 4096];

export interface XdpRings {
  rx: MappedRing;
  tx: MappedRing;
  fill: MappedRing;
  completion: MappedRing;
}

/** The region as the kernel is told of it. */
export interface PacketMemory {
  bytes: Uint8Array;
  /** Bytes in front of the first slot and of all slots. */
  length: number;
  slots: number;
  slotBytes: number;
}

export interface OpenXdpSocket {
  descriptor: number;
  /** The kernel computes checksums of packets to send (Linux 6.8). */
  sums: boolean;
  rings: XdpRings;
}

/** Opens a socket on queue 0 of an interface. On failure nothing is left. */
export function openXdpSocket(libc: Libc, interfaceIndex: number, memory: PacketMemory): OpenXdpSocket | OpenFailure {
  const descriptor = libc.socket(AF_XDP, SOCK_RAW | CLOEXEC, 0);
  if (descriptor < 0) return { errno: libc.errno(), doing: 'open an XDP socket' };
  const mapped: MappedRing[] = [];
  const fail = (doing: string): OpenFailure => {
    const errno = libc.errno();
    for (const { address, bytes } of mapped) libc.munmap(address, bytes);
    libc.close(descriptor);
    return { errno, doing };
  };
  const set = (option: number, value: Uint8Array): boolean => libc.setsockopt(descriptor, SOL_XDP, option, value, value.length) === 0;
  const sums = set(Option.umem, umemOf(libc, memory, true));
  if (!sums && !set(Option.umem, umemOf(libc, memory, false))) return fail('register the packet memory with the kernel');
  // Each holds every slot there is, so none is ever full for us.
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, memory.slots)));
  const size = new Uint8Array(Int32Array.of(capacity).buffer);
  for (const option of [Option.fillRing, Option.completionRing, Option.rxRing, Option.txRing]) if (!set(option, size)) return fail('make the rings of an XDP socket');
  const offsets = new Uint8Array(4 * OFFSETS_BYTES);
  if (libc.getsockopt(descriptor, SOL_XDP, Option.mapOffsets, offsets, Uint32Array.of(offsets.length)) < 0) return fail('ask where its rings are');
  const view = new DataView(offsets.buffer);
  const map = (index: number, place: number, words: number): MappedRing | null => {
    const part = (at: number): number => Number(view.getBigUint64(index * OFFSETS_BYTES + at * 8, true));
    const [producer, consumer, entries] = [part(0), part(1), part(2)];
    const bytes = entries + capacity * words * 4;
    const address = libc.mmap(0, bytes, READ_AND_WRITE, SHARED_AND_PRESENT, descriptor, place);
    if (address >= MAP_FAILED - 1) return null;
    const ring = { address, bytes, producer, consumer, entries, capacity };
    mapped.push(ring);
    return ring;
  };
  const rx = map(0, Place.rx, DESCRIPTOR_WORDS);
  const tx = map(1, Place.tx, DESCRIPTOR_WORDS);
  const fill = map(2, Place.fill, ADDRESS_WORDS);
  const completion = map(3, Place.completion, ADDRESS_WORDS);
  if (rx === null || tx === null || fill === null || completion === null) return fail('map its rings');
  const address = new Uint8Array(16);
  const words = new DataView(address.buffer);
  words.setUint16(0, AF_XDP, true);
  words.setUint16(2, USE_NEED_WAKEUP, true);
  words.setUint32(4, interfaceIndex, true);
  if (libc.bind(descriptor, address, address.length) < 0) return fail('bind an XDP socket to the interface');
  return { descriptor, sums, rings: { rx, tx, fill, completion } };
}

/** Gives everything back. No thread may use it any more. */
export function closeXdpSocket(libc: Libc, { descriptor, rings }: OpenXdpSocket): void {
  for (const { address, bytes } of Object.values(rings) as MappedRing[]) libc.munmap(address, bytes);
  libc.close(descriptor);
}

/** `struct xdp_umem_reg`. */
function umemOf(libc: Libc, { bytes, length, slotBytes }: PacketMemory, metadata: boolean): Uint8Array {
  const request = new Uint8Array(32);
  const view = new DataView(request.buffer);
  view.setBigUint64(0, BigInt(libc.addressOf(bytes)), true);
  view.setBigUint64(8, BigInt(length), true);
  view.setUint32(16, slotBytes, true);
  if (metadata) {
    view.setUint32(24, USE_TX_METADATA, true);
    view.setUint32(28, TX_METADATA_BYTES, true);
  }
  return request;
}

/** Packets that the kernel could not hand over, since the socket was opened. */
export class XdpStatistics {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #words = new Uint32Array(12);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  readonly #length = new Uint32Array(1);

  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  read(): void {
    this.#length[0] = this.#bytes.length;
    this.#libc.getsockopt(this.#descriptor, SOL_XDP, Option.statistics, this.#bytes, this.#length);
  }

  /** There was no free chunk, or the frame fitted none. Counts to 2^53. */
  get dropped(): number {
    return this.#words[0] + this.#words[1] * 2 ** 32;
  }

  /** The rx ring was full. */
  get ringFull(): number {
    return this.#words[6] + this.#words[7] * 2 ** 32;
  }

  /** How often the fill ring was found empty. */
  get fillEmpty(): number {
    return this.#words[8] + this.#words[9] * 2 ** 32;
  }
}
