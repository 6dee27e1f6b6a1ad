/** Flow ids for a network function that runs alone: what the manager's connection table would give, by 5-tuples as text. */
import { FLOW_INDEX_BITS } from '../flow/flow-id.js';
import type { Packet } from '../packet/packet.js';

export class HarnessFlows {
  readonly #ids = new Map<string, number>();
  readonly #capacity: number;

  /** @param capacity flows known at a time. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The flow id of a packet, a new one for a new connection; 0 when it is not IP. */
  of(packet: Packet): number {
    const tuple = flowTuple(packet);
    if (tuple === null) return 0;
    const found = this.#ids.get(tuple);
    if (found !== undefined) return found;
    const count = this.#ids.size;
    // As the connection table does: a place that is taken anew has another id.
    const id = ((Math.floor(count / this.#capacity) << FLOW_INDEX_BITS) | ((count % this.#capacity) + 1)) >>> 0;
    this.#ids.set(tuple, id);
    return id;
  }

  /** The tuple that a packet has now leads to this flow too: a translation of it. */
  alias(packet: Packet, id: number): void {
    const tuple = flowTuple(packet);
    if (tuple !== null) this.#ids.set(tuple, id);
  }
}

/** The connection of a packet as text, the same for both directions; null when it is not IP. */
function flowTuple(packet: Packet): string | null {
  const ipv4 = packet.ipv4();
  const ipv6 = ipv4 === null ? packet.ipv6() : null;
  if (ipv4 === null && ipv6 === null) return null;
  const icmp = packet.icmp() ?? packet.icmpv6();
  const quoted = icmp !== null && icmp.isError ? icmp.quoted() : null;
  const words = [0, 1, 2, 3];
  if (quoted !== null) {
    const from = quoted.version === 4 ? String(quoted.source) : words.map((k) => quoted.sourceWord(k)).join('.');
    const to = quoted.version === 4 ? String(quoted.destination) : words.map((k) => quoted.destinationWord(k)).join('.');
    const identifier = Math.max(0, quoted.identifier);
    const ports = quoted.hasPorts ? [quoted.sourcePort, quoted.destinationPort] : [identifier, identifier];
    return [quoted.protocol, ...[`${from}/${ports[0]}`, `${to}/${ports[1]}`].sort()].join(' ');
  }
  const l4 = packet.tcp() ?? packet.udp();
  const sourcePort = l4?.sourcePort ?? icmp?.identifier ?? 0;
  const destinationPort = l4?.destinationPort ?? icmp?.identifier ?? 0;
  const from = ipv4 !== null ? String(ipv4.source) : words.map((k) => ipv6!.sourceWord(k)).join('.');
  const to = ipv4 !== null ? String(ipv4.destination) : words.map((k) => ipv6!.destinationWord(k)).join('.');
  return [packet.l4, ...[`${from}/${sourcePort}`, `${to}/${destinationPort}`].sort()].join(' ');
}
