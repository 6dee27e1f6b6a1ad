/** Hot: no allocation. How long a connection is remembered: by protocol, and by state. */
import { IpProtocol } from '../../packet/protocols.js';
import type { Connections } from './connections.js';
import type { FirewallOptions } from './options.js';
import { TcpState } from './tcp-state.js';

type Timeouts = FirewallOptions['timeouts'];

export class Lifetimes {
  readonly #connections: Connections;
  /** By TcpState. */
  readonly #tcp = new Uint32Array(16);
  #udp = 0;
  #udpUnanswered = 0;
  #icmp = 0;
  #other = 0;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  update(timeouts: Timeouts): void {
    const tcp = this.#tcp;
    tcp[TcpState.synSent] = tcp[TcpState.simultaneousOpen] = tcp[TcpState.synReceived] = timeouts.tcpOpeningSeconds;
    tcp[TcpState.established] = timeouts.tcpSeconds;
    tcp[TcpState.halfClosed] = timeouts.tcpHalfClosedSeconds ?? timeouts.tcpSeconds;
    tcp[TcpState.closing] = tcp[TcpState.timeWait] = timeouts.tcpTimeWaitSeconds;
    tcp[TcpState.closed] = timeouts.tcpClosingSeconds;
    this.#udp = timeouts.udpSeconds;
    this.#udpUnanswered = timeouts.udpUnansweredSeconds ?? timeouts.udpSeconds;
    this.#icmp = timeouts.icmpSeconds;
    this.#other = timeouts.otherSeconds;
  }

  /** A packet of the connection passed, which has this state now. */
  touchTcp(state: number, nowSeconds: number): void {
    this.#connections.touch(nowSeconds + this.#tcp[state]);
  }

  /** The same for another protocol. */
  touch(protocol: number, nowSeconds: number): void {
    let seconds = this.#other;
    if (protocol === IpProtocol.udp) seconds = this.#connections.isAnswered ? this.#udp : this.#udpUnanswered;
    else if (protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6) seconds = this.#icmp;
    this.#connections.touch(nowSeconds + seconds);
  }

  /** A packet of a connection that the rules no longer allow: it stays known for as long as it is heard of. */
  touchDenied(protocol: number, nowSeconds: number): void {
    if (protocol === IpProtocol.tcp) this.touchTcp(this.#connections.tcpState, nowSeconds);
    else this.touch(protocol, nowSeconds);
  }
}
