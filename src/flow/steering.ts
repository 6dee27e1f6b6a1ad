/**
 * Hot: no allocation. Which replica of a chain gets a new connection. What replicas keep to themselves decides how
 * connections have to be spread: a function that keeps something for a host needs all connections of that host in one place,
 * and one that parts ports needs what is addressed to a port at that port's owner.
 */
import { Layer3 } from '../memory/slot-layout.js';
import { IpProtocol } from '../packet/protocols.js';
import { hashIpv4Key } from './flow-hash.js';
import type { FlowKey } from './flow-key.js';
import { pickReplica } from './rendezvous.js';

/** How the connections of a replicated chain are spread over its replicas. */
export interface Spread {
  /**
   * `connection`: by a hash of addresses, protocol and ports, evenly. `inside-host`: all connections of a host on the inside
   * (source of the forward path, destination of the reverse path) meet one replica.
   */
  readonly by: 'connection' | 'inside-host';
  /**
   * IPv4 addresses behind which inside hosts stand, as numbers, at most a few hundred. TCP, UDP and ICMP queries to them go to
   * the replica that has the destination port or identifier, by `replicaOfPort`; other IPv4 protocols go by their outside host,
   * by `replicaOfHost`: nothing else in an answer would tell.
   */
  readonly external?: readonly number[];
}

/** Where in a flow key the addresses begin. */
const FIRST = 2;
const SECOND = 6;
/** Query of a key that is another ICMP message than a query. */
const OTHER_ICMP = 255;

/** Which of `count` replicas has this external port or ICMP identifier: an even port and the odd one behind it stay together. */
export function replicaOfPort(port: number, count: number): number {
  return (port >>> 1) % count;
}

/** Which of `count` replicas has this IPv4 host. One replica more takes its share from all others, and no other host moves. */
export function replicaOfHost(address: number, count: number): number {
  return pickReplica(hashIpv4Key(address, 0, 0, 0), count);
}

export class Steering {
  readonly #count: number;
  readonly #byHost: boolean;
  readonly #external: Int32Array;

  constructor(count: number, spread: Spread) {
    this.#count = count;
    this.#byHost = spread.by === 'inside-host';
    this.#external = Int32Array.from(spread.external ?? []);
  }

  /** The replica for packets that belong to no connection: not IP, later fragments without their first. All go to one. */
  get withoutKey(): number {
    return pickReplica(0, this.#count);
  }

  /** The replica for the connection of the packet whose key was read last. */
  pick(key: FlowKey, isReverse: boolean): number {
    const count = this.#count;
    if (!this.#byHost) return pickReplica(key.hash, count);
    const { words, isFromFirst } = key;
    const source = isFromFirst ? FIRST : SECOND;
    const destination = isFromFirst ? SECOND : FIRST;
    const inside = isReverse ? destination : source;
    if (this.#external.length > 0 && ((words[0] >>> 20) & 15) === Layer3.ipv4) {
      if (!hasPort(words[0])) return replicaOfHost(words[isReverse ? source : destination], count);
      if (this.#external.includes(words[destination])) {
        return replicaOfPort(isFromFirst ? words[1] & 0xffff : words[1] >>> 16, count);
      }
    }
    return pickReplica(hashIpv4Key(words[inside], words[inside + 1], words[inside + 2], words[inside + 3]), count);
  }
}

/** TCP, UDP, or an ICMP query. */
function hasPort(head: number): boolean {
  const protocol = (head >>> 12) & 0xff;
  const query = head >>> 24;
  return protocol === IpProtocol.tcp || protocol === IpProtocol.udp || (protocol === IpProtocol.icmp && query !== OTHER_ICMP);
}
