/**
 * Recorded traffic several times over, each time of other inside hosts: as many times the connections, so that many answers can
 * be under way while each waits for what it answers. Addresses differ, where several copies share an external address the ports of TCP and UDP
 * too, so that most can be kept by a NAT, and the checksums over them.
 */
import { initialDataOffset, HEADER_BYTES, HeaderOffset, LinkType } from '../../src/memory/slot-layout.js';
import { Packet } from '../../src/packet/packet.js';
import { parsePacket } from '../../src/packet/parse.js';
import { FrameMemory } from '../frames.js';
import { InsideHosts } from '../functions/edge.js';
import type { Recorded } from './record.js';

const SLOT_BYTES = 2048;

/** Ports that a NAT takes for any client (RFC 4787, REQ-3, keeps those below apart). */
const FIRST_PORT = 1024;
const PORTS = 65_536 - FIRST_PORT;
/** From one copy's ports to the next one's, of those that share an external address: enough for 32. Two ports of a host may fall together, one of them below 1024. */
const PORTS_APART = PORTS / 32;

/** What becomes of an inside host's end. */
interface Move {
  address: (address: number) => number;
  port: (port: number) => number;
}

/**
 * @param packets before any translation.
 * @param externals of the NAT: the hosts of a copy are all paired with the same one, copies with one after another.
 */
export function copies(packets: readonly Recorded[], externals: readonly number[], count = externals.length): Recorded[] {
  const editor = new Editor();
  const hosts = new InsideHosts(externals);
  return Array.from({ length: count }, (_, copy) => {
    const moved = new Map<number, number>();
    const address = (from: number): number => {
      const to = moved.get(from) ?? hosts.pairedWith(copy % externals.length);
      moved.set(from, to);
      return to;
    };
    const apart = Math.floor(copy / externals.length) * PORTS_APART;
    const port = (from: number): number => (apart === 0 ? from : FIRST_PORT + ((from + apart) % PORTS));
    return packets.map(({ side, bytes }) => ({ side, bytes: editor.withInside(bytes, side, { address, port }, copy) }));
  }).flat();
}

/** One slot, in which a packet is rewritten. */
class Editor {
  readonly #memory = new FrameMemory(1, SLOT_BYTES);
  readonly #packet = new Packet(this.#memory.headers, SLOT_BYTES);
  readonly #address = new Uint32Array(4);

  withInside(bytes: Uint8Array, side: 0 | 1, move: Move, copy: number): Uint8Array {
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

  #rewrite(side: 0 | 1, move: Move, copy: number): void {
    const packet = this.#packet;
    const [ip, ip6] = [packet.ipv4(), packet.ipv6()];
    const l4 = packet.tcp() ?? packet.udp();
    if (ip !== null && l4 !== null) {
      if (side === 0) packet.rewriteSourceEnd(move.address(ip.source), move.port(l4.sourcePort));
      else packet.rewriteDestinationEnd(move.address(ip.destination), move.port(l4.destinationPort));
    } else if (ip !== null) {
      if (side === 0) ip.rewriteSource(move.address(ip.source));
      else ip.rewriteDestination(move.address(ip.destination));
    } else if (ip6 !== null) {
      // Not translated: any other address of the network will do.
      for (let k = 0; k < 4; k++) this.#address[k] = side === 0 ? ip6.sourceWord(k) : ip6.destinationWord(k);
      this.#address[1] = (this.#address[1] + copy) >>> 0;
      if (side === 0) ip6.rewriteSource(this.#address);
      else ip6.rewriteDestination(this.#address);
    }
    this.#rewriteQuoted(side, move, copy);
  }

  /** What an error quotes went the other way. Its ports stay: among copies that share an address it is about nothing. */
  #rewriteQuoted(side: 0 | 1, move: Move, copy: number): void {
    const quoted = (this.#packet.icmp() ?? this.#packet.icmpv6())?.quoted() ?? null;
    if (quoted === null) return;
    if (this.#packet.ipv4() !== null) {
      if (side === 0) quoted.rewriteDestination(move.address(quoted.destination));
      else quoted.rewriteSource(move.address(quoted.source));
      return;
    }
    for (let k = 0; k < 4; k++) this.#address[k] = side === 0 ? quoted.destinationWord(k) : quoted.sourceWord(k);
    this.#address[1] = (this.#address[1] + copy) >>> 0;
    if (side === 0) quoted.rewriteDestination(this.#address);
    else quoted.rewriteSource(this.#address);
  }
}
