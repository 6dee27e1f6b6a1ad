/**
 * A port that makes packets: the same ones for the same options, as fast as slots are given. Time is packet time: the
 * rate spaces timestamps and slows nothing down. What is sent here is discarded.
 *
 * Flow f goes from 10.0.0.0/8 (fd00::/16) to 198.18.0.0/15 (2001:db8::/32, both set aside for tests and examples).
 */
import { BlockCopier, WORDS_BYTES } from '../memory/block-copier.js';
import { initialDataOffset, LinkType } from '../memory/slot-layout.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import { Egress } from './capture/egress.js';
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
const ETHERNET_BYTES = 14;
/** The words of the IPv6 addresses that are the same in all packets: fd00::, 2001:db8::. */
const IPV6_PREFIX_SUM = 0xfd00 + 0x2001 + 0x0db8;
/** Source ports before they repeat. */
const SOURCE_PORTS = 60000;
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
  /** A frame of the longest length: headers whose varying fields are zero, then the payload. */
  readonly #image: Uint8Array;
  /** The frame of some length that is not copied by words: a view, made once for each. */
  readonly #wholes: (Uint8Array | null)[];
  readonly #copier = new BlockCopier();
  readonly #view: DataView;
  /** Folded sums of the image's 16-bit words: of the IP header, of the transport header, of the payload before each word. */
  readonly #ipSum: number;
  readonly #l4Sum: number;
  readonly #payloadSums: Uint32Array;
  readonly #headerBytes: number;
  readonly #l4Bytes: number;
  #made = 0;
  /** Flow of the next packet. */
  #flow = 0;
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
    this.#image = new Uint8Array(longest + 1);
    this.#wholes = Array.from({ length: longest + 1 }, () => null);
    this.#view = new DataView(memory.region.buffer, memory.region.byteOffset, memory.region.byteLength);
    this.#l4Bytes = protocol === 'udp' ? 8 : 20;
    this.#writeHeaders();
    for (let k = this.#headerBytes; k < longest; k++) this.#image[k] = this.#draws.next();
    const l4 = this.#headerBytes - this.#l4Bytes;
    this.#ipSum = sumWords(this.#image, ETHERNET_BYTES, l4);
    this.#l4Sum = fold(sumWords(this.#image, l4, this.#headerBytes) + (protocol === 'udp' ? 17 : 6) + (version === 4 ? 0 : IPV6_PREFIX_SUM));
    this.#payloadSums = new Uint32Array(((longest - this.#headerBytes) >>> 1) + 1);
    for (let word = 1; word < this.#payloadSums.length; word++) {
      const at = this.#headerBytes + 2 * (word - 1);
      this.#payloadSums[word] = fold(this.#payloadSums[word - 1] + this.#image[at] * 256 + this.#image[at + 1]);
    }
  }

  /** Every header field that is the same in all packets. */
  #writeHeaders(): void {
    const bytes = this.#image;
    const { version, protocol } = this.#options;
    bytes.fill(2, 0, 12);
    bytes[5] = 1;
    put16(bytes, 12, version === 4 ? 0x0800 : 0x86dd);
    const at = ETHERNET_BYTES;
    if (version === 4) {
      bytes[at] = 0x45;
      bytes[at + 6] = 0x40; // don't fragment
      bytes[at + 8] = 64;
      bytes[at + 9] = protocol === 'udp' ? 17 : 6;
    } else {
      bytes[at] = 0x60;
      bytes[at + 6] = protocol === 'udp' ? 17 : 6;
      bytes[at + 7] = 64;
      bytes[at + 8] = 0xfd;
      put32(bytes, at + 24, 0x20010db8);
    }
    const l4 = this.#headerBytes - this.#l4Bytes;
    put16(bytes, l4 + 2, protocol === 'udp' ? 53 : 80);
    // Five words of header, PSH and ACK; a full window.
    if (protocol === 'tcp') put32(bytes, l4 + 12, 0x5018ffff);
  }

  get exhausted(): boolean {
    return this.#made >= this.#options.packets;
  }

  receive(slots: Uint32Array, count: number): number {
    const { packets, flows } = this.#options;
    let used = 0;
    while (used < count && this.#made < packets) {
      const length = this.#drawLength();
      if (length > this.#memory.maxPacketBytes) this.#counts.dropAtIngress(PACKET_TOO_LONG);
      else this.#make(slots[used++], length);
      this.#made++;
      if (++this.#flow === flows) this.#flow = 0;
    }
    return used;
  }

  #drawLength(): number {
    const lengths = this.#lengths;
    if (this.#span > 1) return lengths[0] + (this.#draws.next() % this.#span);
    return lengths.length === 1 ? lengths[0] : lengths[this.#made % lengths.length];
  }

  #make(address: number, length: number): void {
    const slotIndex = this.#memory.slotIndex(address);
    const dataOffset = initialDataOffset(slotIndex);
    const { version, rate, startSeconds } = this.#options;
    const frame = address + dataOffset;
    this.#copyImage(frame, length);
    if (version === 4) this.#finishIpv4(frame + ETHERNET_BYTES, length);
    else this.#finishIpv6(frame + ETHERNET_BYTES, length);
    const arrival = this.#arrival;
    arrival.length = length;
    arrival.originalLength = length;
    const elapsed = this.#made / rate;
    const seconds = Math.floor(elapsed);
    arrival.seconds = startSeconds + seconds;
    arrival.nanos = Math.floor((elapsed - seconds) * 1e9);
    describeArrival(this.#memory, slotIndex, dataOffset, arrival);
  }

  /** Frames begin on a cache line, as the image does. */
  #copyImage(frame: number, length: number): void {
    if (length <= WORDS_BYTES) this.#copier.copy(this.#image, 0, this.#memory.region, frame, length);
    else this.#memory.region.set(this.#wholes[length] ?? this.#wholeOf(length), frame);
  }

  #wholeOf(length: number): Uint8Array {
    return (this.#wholes[length] = this.#image.subarray(0, length));
  }

  #finishIpv4(at: number, length: number): void {
    const view = this.#view;
    const flow = this.#flow;
    const source = 0x0a000001 + flow;
    const destination = (0xc6120001 | 0) + (flow & 0xff);
    const totalLength = length - ETHERNET_BYTES;
    const identification = this.#made & 0xffff;
    const addresses = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    view.setInt32(at + 2, (totalLength << 16) | identification);
    view.setUint16(at + 10, fold(this.#ipSum + totalLength + identification + addresses) ^ 0xffff);
    view.setInt32(at + 12, source);
    view.setInt32(at + 16, destination);
    this.#finishLayer4(at + 20, totalLength - 20, addresses);
  }

  #finishIpv6(at: number, length: number): void {
    const view = this.#view;
    const source = 1 + this.#flow;
    const destination = 1 + (this.#flow & 0xff);
    const payloadLength = length - ETHERNET_BYTES - 40;
    view.setUint16(at + 4, payloadLength);
    view.setInt32(at + 20, source);
    view.setInt32(at + 36, destination);
    this.#finishLayer4(at + 40, payloadLength, (source >>> 16) + (source & 0xffff) + destination);
  }

  /** `addresses`: what the varying parts of the addresses add to the pseudo-header. */
  #finishLayer4(at: number, bytesFromHere: number, addresses: number): void {
    const view = this.#view;
    const flow = this.#flow;
    const sourcePort = 1024 + (flow < SOURCE_PORTS ? flow : flow - SOURCE_PORTS);
    const payloadBytes = bytesFromHere - this.#l4Bytes;
    const odd = (payloadBytes & 1) === 1 ? this.#image[this.#headerBytes + payloadBytes - 1] * 256 : 0;
    let sum = this.#l4Sum + addresses + bytesFromHere + sourcePort + this.#payloadSums[payloadBytes >>> 1] + odd;
    view.setUint16(at, sourcePort);
    if (this.#l4Bytes === 8) {
      const checksum = fold(sum + bytesFromHere) ^ 0xffff;
      // A UDP checksum of zero would say that there is none.
      view.setInt32(at + 4, (bytesFromHere << 16) | (checksum === 0 ? 0xffff : checksum));
      return;
    }
    const sequence = Math.imul(this.#made, 1460);
    view.setInt32(at + 4, sequence);
    sum += (sequence >>> 16) + (sequence & 0xffff);
    view.setUint16(at + 16, fold(sum) ^ 0xffff);
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

/** Sum of the 16-bit words of a header from `from` to `to`. */
function sumWords(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += bytes[at] * 256 + bytes[at + 1];
  return sum;
}

/** The one's complement sum in 16 bits. */
function fold(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}
