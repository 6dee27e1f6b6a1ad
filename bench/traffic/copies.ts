/**
 * Recorded traffic several times over, each time of other inside hosts: as many times the connections, so that many answers can
 * be under way while each waits for what it answers. Only addresses differ, and the checksums over them.
 */
import { initialDataOffset, HEADER_BYTES, HeaderOffset, LinkType } from '../../src/memory/slot-layout.js';
import { Packet } from '../../src/packet/packet.js';
import { parsePacket } from '../../src/packet/parse.js';
import { FrameMemory } from '../frames.js';
import { InsideHosts } from '../functions/edge.js';
import type { Recorded } from './record.js';

const SLOT_BYTES = 2048;

/** @param packets before any translation. @param externals of the NAT: a copy for each, whose hosts all are paired with it. */
export function copies(packets: readonly Recorded[], externals: readonly number[]): Recorded[] {
  const editor = new Editor();
  const hosts = new InsideHosts(externals);
  return externals.flatMap((_, copy) => {
    const moved = new Map<number, number>();
    const move = (address: number): number => {
      const to = moved.get(address) ?? hosts.pairedWith(copy);
      moved.set(address, to);
      return to;
    };
    return packets.map(({ side, bytes }) => ({ side, bytes: editor.withInside(bytes, side, move, copy) }));
  });
}

/** One slot, in which a packet is rewritten. */
class Editor {
  readonly #memory = new FrameMemory(1, SLOT_BYTES);
  readonly #packet = new Packet(this.#memory.headers, SLOT_BYTES);
  readonly #address = new Uint32Array(4);

  withInside(bytes: Uint8Array, side: 0 | 1, move: (address: number) => number, copy: number): Uint8Array {
    const { region, headers, slots } = this.#memory;
    const start = slots.address(0) + initialDataOffset(0);
    region.set(bytes, start);
    headers.u8.fill(0, 0, HEADER_BYTES);
    headers.u32.set([initialDataOffset(0), bytes.length, bytes.length]);
    headers.u8[HeaderOffset.linkType] = LinkType.ethernet;
    parsePacket(region, start, bytes.length, headers, 0);
    this.#packet.moveTo(region, start, 0);
    this.#rewrite(side, move, copy);
    return region.slice(start, start + bytes.length);
  }

  #rewrite(side: 0 | 1, move: (address: number) => number, copy: number): void {
    const packet = this.#packet;
    const [ip, ip6] = [packet.ipv4(), packet.ipv6()];
    if (ip !== null) {
      if (side === 0) ip.rewriteSource(move(ip.source));
      else ip.rewriteDestination(move(ip.destination));
    } else if (ip6 !== null) {
      // Not translated: any other address of the network will do.
      for (let k = 0; k < 4; k++) this.#address[k] = side === 0 ? ip6.sourceWord(k) : ip6.destinationWord(k);
      this.#address[1] = (this.#address[1] + copy) >>> 0;
      if (side === 0) ip6.rewriteSource(this.#address);
      else ip6.rewriteDestination(this.#address);
    }
    this.#rewriteQuoted(side, move, copy);
  }

  /** What an error quotes went the other way. */
  #rewriteQuoted(side: 0 | 1, move: (address: number) => number, copy: number): void {
    const quoted = (this.#packet.icmp() ?? this.#packet.icmpv6())?.quoted() ?? null;
    if (quoted === null) return;
    if (this.#packet.ipv4() !== null) {
      if (side === 0) quoted.rewriteDestination(move(quoted.destination));
      else quoted.rewriteSource(move(quoted.source));
      return;
    }
    for (let k = 0; k < 4; k++) this.#address[k] = side === 0 ? quoted.destinationWord(k) : quoted.sourceWord(k);
    this.#address[1] = (this.#address[1] + copy) >>> 0;
    if (side === 0) quoted.rewriteDestination(this.#address);
    else quoted.rewriteSource(this.#address);
  }
}
