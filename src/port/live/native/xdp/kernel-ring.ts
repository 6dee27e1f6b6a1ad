/**
 * Hot: no allocation. The four rings that an XDP socket shares with the kernel (Documentation/networking/af_xdp.rst), mapped
 * into this process. Fill and completion carry addresses (8 bytes each), rx and tx descriptors:
 *
 *   0  address, 64 bits: a byte offset in the region, of the packet's first byte
 *   8  length, 32 bits
 *  12  options, 32 bits: what is told beside, see `tx-metadata.ts`
 *
 * The region begins at the kernel's address 0 and its slots are the kernel's chunks, so an address there is an address here.
 * Both indexes run freely, modulo 2^32, as in `SpscRing`.
 */

/** Where a ring is mapped, and where its parts are from there, in bytes. */
export interface MappedRing {
  address: number;
  bytes: number;
  producer: number;
  consumer: number;
  entries: number;
  /** Entries that it holds: a power of two. */
  capacity: number;
}

/** Makes memory that is mapped at an address readable: `Libc.view`. */
export type View = (address: number, bytes: number) => ArrayBuffer;

/** Words of an entry of the fill and the completion ring, and of a descriptor. */
export const ADDRESS_WORDS = 2;
export const DESCRIPTOR_WORDS = 4;
const LENGTH_WORD = 2;
/** Both words of an address at which no chunk lies, however large the region: the kernel passes such a descriptor over. */
const NOWHERE = 0xffffffff;

/** The end that pushes: of the fill ring, and of the tx ring. */
export class KernelRingProducer {
  readonly capacity: number;
  readonly #producer: Int32Array;
  readonly #consumer: Int32Array;
  readonly #entries: Uint32Array;
  readonly #mask: number;
  readonly #stride: number;
  #producerIndex: number;

  constructor(view: View, ring: MappedRing, stride: number) {
    const buffer = view(ring.address, ring.bytes);
    this.capacity = ring.capacity;
    this.#producer = new Int32Array(buffer, ring.producer, 1);
    this.#consumer = new Int32Array(buffer, ring.consumer, 1);
    this.#entries = new Uint32Array(buffer, ring.entries, ring.capacity * stride);
    this.#mask = ring.capacity - 1;
    this.#stride = stride;
    this.#producerIndex = Atomics.load(this.#producer, 0); // own index: no partner
  }

  /** Entries that the kernel has not taken yet, published or not. */
  occupancy(): number {
    return (this.#producerIndex - Atomics.load(this.#consumer, 0)) | 0; // (X)
  }

  /** Writes an address; there must be room. The kernel sees it after `publish`. */
  push(address: number): void {
    const at = (this.#producerIndex & this.#mask) * this.#stride;
    this.#entries[at] = address;
    this.#entries[at + 1] = 0;
    this.#producerIndex = (this.#producerIndex + 1) | 0;
  }

  /** Writes a descriptor of a packet whose first byte is at `address`. */
  pushPacket(address: number, length: number, options: number): void {
    const at = (this.#producerIndex & this.#mask) * this.#stride;
    this.#entries[at + LENGTH_WORD] = length;
    this.#entries[at + LENGTH_WORD + 1] = options;
    this.push(address);
  }

  publish(): void {
    Atomics.store(this.#producer, 0, this.#producerIndex); // (W)
  }

  /** The entry `k` behind the oldest that the kernel has not taken: its address; -1 when it was spoilt. */
  waiting(k: number): number {
    const oldest = Atomics.load(this.#consumer, 0); // (X)
    const at = ((oldest + k) & this.#mask) * this.#stride;
    // Addresses have 32 bits: the upper word tells what lies nowhere from the last byte of 4 GiB.
    return this.#entries[at + 1] === 0 ? this.#entries[at] : -1;
  }

  /** Makes an entry that the kernel has not taken one that it passes over. */
  spoil(k: number): void {
    const oldest = Atomics.load(this.#consumer, 0); // (X)
    const at = ((oldest + k) & this.#mask) * this.#stride;
    this.#entries[at] = NOWHERE;
    this.#entries[at + 1] = NOWHERE;
  }
}

/** The end that takes: of the rx ring, and of the completion ring. */
export class KernelRingConsumer {
  readonly #producer: Int32Array;
  readonly #consumer: Int32Array;
  readonly #entries: Uint32Array;
  readonly #mask: number;
  readonly #stride: number;
  #consumerIndex: number;

  constructor(view: View, ring: MappedRing, stride: number) {
    const buffer = view(ring.address, ring.bytes);
    this.#producer = new Int32Array(buffer, ring.producer, 1);
    this.#consumer = new Int32Array(buffer, ring.consumer, 1);
    this.#entries = new Uint32Array(buffer, ring.entries, ring.capacity * stride);
    this.#mask = ring.capacity - 1;
    this.#stride = stride;
    this.#consumerIndex = Atomics.load(this.#consumer, 0); // own index: no partner
  }

  /** Entries that can be read. */
  available(): number {
    return (Atomics.load(this.#producer, 0) - this.#consumerIndex) | 0; // (W)
  }

  /** Address of the entry `k` behind the first that was not released. */
  address(k: number): number {
    return this.#entries[((this.#consumerIndex + k) & this.#mask) * this.#stride];
  }

  /** Length of the packet that a descriptor describes. */
  length(k: number): number {
    return this.#entries[((this.#consumerIndex + k) & this.#mask) * this.#stride + LENGTH_WORD];
  }

  /** Lets go of the first `count` entries. */
  release(count: number): void {
    this.#consumerIndex = (this.#consumerIndex + count) | 0;
    Atomics.store(this.#consumer, 0, this.#consumerIndex); // (X)
  }
}
