/**
 * A port that makes packets: the same ones for the same options, as fast as slots are given. Time is packet time: the
 * rate spaces timestamps and slows nothing down. What is sent here is discarded.
 *
 * Flow f goes from 10.0.0.0/8 (fd00::/16) to 198.18.0.0/15 (2001:db8::/32, both set aside for tests and examples).
 */
import { initialDataOffset, LinkType } from '../memory/slot-layout.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import { Egress } from './capture/egress.js';
import { copyBytes } from './capture/copy-bytes.js';
import { describeArrival } from './capture/fill-slot.js';
import type { PortBackend, PortCounts, PortMemory } from './contract.js';

export interface GeneratorOptions {
  /** Packets in all. */
  packets: number;
  /** Bytes of a frame without its check sequence: one, some in turn, or a range to draw from. 64 when left out. */
  lengths?: number | readonly number[] | { minimum: number; maximum: number };
  /** Different 5-tuples, visited in turn. 1 when left out; at most 65536. */
  flows?: number;
  protocol?: 'udp' | 'tcp';
  version?: 4 | 6;
  /** Packets per second of packet time; 1 000 000 when left out. */
  rate?: number;
  /** What the payload and the draws of lengths depend on. */
  seed?: number;
  /** Time of the first packet, seconds since 1970. */
  startSeconds?: number;
}

export const MAX_GENERATED_FLOWS = 65536;
/** Longest frame: a full IPv4 packet. */
export const MAX_GENERATED_BYTES = 65549;
/** Bytes of a machine word. */
const ALIGNMENT = 8;
const ETHERNET_BYTES = 14;
const PACKET_TOO_LONG = builtInDrop('packet-too-long');
/** A Monday in 2024: packets of a generator look like any other's. */
const START_SECONDS = 1_704_067_200;

/** A small generator of 32-bit numbers (splitmix32): the same seed gives the same packets everywhere. */
class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

/** Smallest frame that holds the headers. */
export function minimumFrame(protocol: 'udp' | 'tcp', version: 4 | 6): number {
  return ETHERNET_BYTES + (version === 4 ? 20 : 40) + (protocol === 'udp' ? 8 : 20);
}

export class GeneratorPort implements PortBackend {
  readonly #memory: PortMemory;
  readonly #counts: PortCounts;
  readonly #egress: Egress;
  readonly #options: Required<Omit<GeneratorOptions, 'lengths'>>;
  readonly #lengths: readonly number[];
  /** Lengths above the smallest of a range that may be drawn; 1 when lengths are listed. */
  readonly #span: number;
  readonly #draws: Draws;
  /** Payload of every packet, from its first byte on, and what its 16-bit words add up to before each. */
  readonly #payload: Uint8Array;
  /** The payload at every alignment: a block copy whose ends are aligned alike is several times faster. */
  readonly #aligned: readonly Uint8Array[];
  readonly #sums: Float64Array;
  readonly #headerBytes: number;
  #made = 0;
  readonly #arrival = { length: 0, originalLength: 0, seconds: 0, nanos: 0, linkType: LinkType.ethernet, interfaceId: 0 };

  /** @throws RangeError when an option is out of its range. */
  constructor(options: GeneratorOptions, memory: PortMemory, counts: PortCounts) {
    const { lengths = 64, packets, flows = 1, protocol = 'udp', version = 4, rate = 1e6, seed = 1, startSeconds = START_SECONDS } = options;
    this.#options = { packets, flows, protocol, version, rate, seed, startSeconds };
    this.#headerBytes = minimumFrame(protocol, version);
    if (typeof lengths === 'number') this.#lengths = [lengths];
    else this.#lengths = 'minimum' in lengths ? [lengths.minimum, lengths.maximum] : lengths;
    this.#span = typeof lengths === 'object' && 'minimum' in lengths ? lengths.maximum - lengths.minimum + 1 : 1;
    const least = Math.min(...this.#lengths);
    if (!(least >= this.#headerBytes) || Math.max(...this.#lengths) > MAX_GENERATED_BYTES || this.#span < 1) {
      throw new RangeError(`frames of ${protocol} over IPv${version} have ${this.#headerBytes} to ${MAX_GENERATED_BYTES} B, found ${this.#lengths.join(', ')}`);
    }
    if (!(flows >= 1 && flows <= MAX_GENERATED_FLOWS)) throw new RangeError(`1 to ${MAX_GENERATED_FLOWS} flows, found ${flows}`);
    if (!(rate > 0)) throw new RangeError(`a rate above 0 packets per second, found ${rate}`);
    this.#memory = memory;
    this.#counts = counts;
    this.#egress = new Egress(memory, counts, null);
    this.#draws = new Draws(seed);
    const longest = Math.max(...this.#lengths);
    this.#payload = new Uint8Array(longest + 1);
    this.#sums = new Float64Array((longest >>> 1) + 2);
    for (let k = 0; k < longest; k++) this.#payload[k] = this.#draws.next();
    this.#aligned = Array.from({ length: ALIGNMENT }, (_, at) => {
      const shifted = new Uint8Array(at + this.#payload.length);
      shifted.set(this.#payload, at);
      return shifted;
    });
    for (let word = 0; word < this.#sums.length - 1; word++) {
      this.#sums[word + 1] = this.#sums[word] + this.#payload[2 * word] * 256 + this.#payload[2 * word + 1];
    }
  }

  get exhausted(): boolean {
    return this.#made >= this.#options.packets;
  }

  receive(slots: Uint32Array, count: number): number {
    let used = 0;
    while (used < count && this.#made < this.#options.packets) {
      const length = this.#drawLength();
      if (length > this.#memory.maxPacketBytes) this.#counts.dropAtIngress(PACKET_TOO_LONG);
      else this.#make(slots[used++], length);
      this.#made++;
    }
    return used;
  }

  #drawLength(): number {
    if (this.#span > 1) return this.#lengths[0] + (this.#draws.next() % this.#span);
    return this.#lengths[this.#made % this.#lengths.length];
  }

  #make(address: number, length: number): void {
    const slotIndex = this.#memory.slotIndex(address);
    const dataOffset = initialDataOffset(slotIndex);
    const { version, protocol, flows, rate, startSeconds } = this.#options;
    const bytes = this.#memory.region;
    const frame = address + dataOffset;
    const l3 = frame + ETHERNET_BYTES;
    const flow = this.#made % flows;
    const l4 = version === 4 ? this.#ipv4(l3, flow, length) : this.#ipv6(l3, flow, length);
    // The two addresses, taken as the end of the IP header, begin the pseudo-header.
    const pseudo = sumWords(bytes, version === 4 ? l3 + 12 : l3 + 8, l4) + (protocol === 'udp' ? 17 : 6) + (frame + length - l4);
    this.#layer4(l4, flow, frame + length, pseudo);
    bytes.fill(2, frame, frame + 12);
    bytes[frame + 5] = 1;
    put16(bytes, frame + 12, version === 4 ? 0x0800 : 0x86dd);
    const arrival = this.#arrival;
    arrival.length = length;
    arrival.originalLength = length;
    const elapsed = this.#made / rate;
    arrival.seconds = startSeconds + Math.floor(elapsed);
    arrival.nanos = Math.floor((elapsed % 1) * 1e9);
    describeArrival(this.#memory, slotIndex, dataOffset, arrival);
  }

  #ipv4(at: number, flow: number, length: number): number {
    const bytes = this.#memory.region;
    put32(bytes, at, 0x45000000 + length - ETHERNET_BYTES);
    // An identification of its own and "don't fragment".
    put16(bytes, at + 4, this.#made & 0xffff);
    put16(bytes, at + 6, 0x4000);
    bytes[at + 8] = 64;
    bytes[at + 9] = this.#options.protocol === 'udp' ? 17 : 6;
    put16(bytes, at + 10, 0);
    put32(bytes, at + 12, 0x0a000001 + flow);
    put32(bytes, at + 16, 0xc6120001 + (flow & 0xff));
    put16(bytes, at + 10, fold(sumWords(bytes, at, at + 20)) ^ 0xffff);
    return at + 20;
  }

  #ipv6(at: number, flow: number, length: number): number {
    const bytes = this.#memory.region;
    put32(bytes, at, 0x60000000);
    put16(bytes, at + 4, length - ETHERNET_BYTES - 40);
    bytes[at + 6] = this.#options.protocol === 'udp' ? 17 : 6;
    bytes[at + 7] = 64;
    bytes.fill(0, at + 8, at + 40);
    bytes[at + 8] = 0xfd;
    put32(bytes, at + 20, 1 + flow);
    put32(bytes, at + 24, 0x20010db8);
    put32(bytes, at + 36, 1 + (flow & 0xff));
    return at + 40;
  }

  #layer4(at: number, flow: number, end: number, pseudo: number): void {
    const bytes = this.#memory.region;
    const udp = this.#options.protocol === 'udp';
    const payload = at + (udp ? 8 : 20);
    put16(bytes, at, 1024 + (flow % 60000));
    put16(bytes, at + 2, udp ? 53 : 80);
    if (udp) put32(bytes, at + 4, (end - at) * 65536);
    else {
      put32(bytes, at + 4, this.#made * 1460);
      put32(bytes, at + 8, 0);
      // Five words of header, PSH and ACK; a full window.
      put32(bytes, at + 12, 0x5018ffff);
      put32(bytes, at + 16, 0);
    }
    const source = this.#aligned[payload & (ALIGNMENT - 1)];
    copyBytes(source, payload & (ALIGNMENT - 1), bytes, payload, end - payload);
    const payloadBytes = end - payload;
    const odd = (payloadBytes & 1) === 1 ? this.#payload[payloadBytes - 1] * 256 : 0;
    const checksum = fold(pseudo + sumWords(bytes, at, payload) + this.#sums[payloadBytes >>> 1] + odd) ^ 0xffff;
    // A UDP checksum of zero would say that there is none.
    put16(bytes, at + (udp ? 6 : 16), checksum === 0 && udp ? 0xffff : checksum);
  }

  transmit(addresses: Uint32Array, count: number): void {
    this.#egress.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    return this.#egress.complete(out, max);
  }

  close(): void {
    this.#egress.close();
  }
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Sum of the 16-bit words from `from` to `to`; their number is even. */
function sumWords(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += bytes[at] * 256 + bytes[at + 1];
  return sum;
}

/** The one's complement sum in 16 bits. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 65536) + Math.floor(folded / 65536);
  return folded;
}
