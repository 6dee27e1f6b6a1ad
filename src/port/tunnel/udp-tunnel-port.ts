/**
 * A tunnel over UDP without any privilege: sockets of `node:dgram`, in a thread with an event loop that waits for datagrams
 * and, by `waitAsync`, for packets to send. A received datagram is copied once, into its slot; a packet to send gets its
 * header in the headroom and is handed to the system where it lies.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { HeaderOffset, LinkType } from '../../memory/slot-layout.js';
import { builtInDrop } from '../../observe/drop-reasons.js';
import { copyBytes } from './copy-bytes.js';
import { Segmenter } from '../segment.js';
import type { PacketSource } from '../router/egress.js';
import type { FrameOutlet } from '../router/responder.js';
import type { PortLedger } from '../live/port-ledger.js';
import type { ReceivingEnd, SendingEnd } from '../live/ring-ends.js';
import type { Encapsulation } from './encapsulation.js';
import { finishChecksum } from './finish-checksum.js';
import { SocketDrops } from './socket-drops.js';

export interface UdpTunnelOptions {
  /** Where datagrams are received. */
  localAddress: string;
  localPort: number;
  /** Where datagrams are sent, and whose datagrams are taken. */
  remoteAddress: string;
  remotePort: number;
  /** Longest IP packet inside. A Linux host hands over long TCP packets undivided: they are cut to this. */
  mtu: number;
}

const INGRESS_OVERFLOW = builtInDrop('ingress-overflow');
const NO_FREE_SLOT = builtInDrop('no-free-slot');
const PACKET_TOO_LONG = builtInDrop('packet-too-long');
const TUNNEL_PEER = builtInDrop('tunnel-peer');
const EGRESS_FAILED = builtInDrop('egress-failed');
const LINK_TYPE_MISMATCH = builtInDrop('link-type-mismatch');
const MTU_EXCEEDED = builtInDrop('mtu-exceeded');

/** Bytes that the system may hold for each direction: bursts that arrive while this thread works. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** Datagrams handed to the system at a time; the rest waits in the ring. */
const SEND_WINDOW = 64;
const ETHERNET_BYTES = 14;

/** What may be in front of a tunnel: a router's leg. */
interface FrameGate {
  admit(start: number, length: number): number;
}

export class UdpTunnelPort implements FrameOutlet {
  readonly #options: UdpTunnelOptions;
  readonly #encapsulation: Encapsulation;
  readonly #receiving: ReceivingEnd;
  readonly #sending: SendingEnd;
  #source: PacketSource;
  #gate: FrameGate | null = null;
  readonly #ledger: PortLedger;
  readonly #socket: Socket;
  readonly #remote: string;
  readonly #segmenter = new Segmenter();
  readonly #batch = new Uint32Array(SEND_WINDOW);
  /** Of the window under way: why each packet was not sent, 0 when it was. */
  readonly #reasons = new Uint16Array(SEND_WINDOW);
  #overflow: SocketDrops | null = null;
  #unanswered = 0;
  #publishDue = false;
  #windowDone: () => void = () => undefined;

  constructor(options: UdpTunnelOptions, encapsulation: Encapsulation, receiving: ReceivingEnd, sending: SendingEnd, ledger: PortLedger) {
    this.#options = options;
    this.#encapsulation = encapsulation;
    this.#receiving = receiving;
    this.#sending = sending;
    this.#source = sending;
    this.#ledger = ledger;
    // Addresses are literal, so there is nothing to look up.
    this.#socket = createSocket({
      type: isIPv6(options.remoteAddress) ? 'udp6' : 'udp4',
      lookup: (address, _options, found) => { found(null, address, isIPv6(address) ? 6 : 4); },
    });
    this.#remote = plainAddress(options.remoteAddress);
  }

  /** Frames pass a router's leg from now on, both ways. */
  route(gate: FrameGate, source: PacketSource): void {
    this.#gate = gate;
    this.#source = source;
  }

  /** Sends a frame of the port's own making. */
  send(bytes: Uint8Array, start: number, length: number): void {
    this.#ledger.originate(length);
    this.#sendCopy(bytes, start, length, bytes, 0, 0);
  }

  /** Sends a part of a packet; it is copied, because the system may take it later than its slot is free. */
  sendPieces(head: Uint8Array, headBytes: number, region: Uint8Array, start: number, length: number): boolean {
    this.#sendCopy(head, 0, headBytes, region, start, length);
    return true;
  }

  #sendCopy(head: Uint8Array, from: number, headBytes: number, region: Uint8Array, start: number, length: number): void {
    const { headerBytes } = this.#encapsulation;
    const datagram = new Uint8Array(headerBytes + headBytes + length);
    this.#encapsulation.write(datagram, 0);
    copyBytes(head, from, datagram, headerBytes, headBytes);
    copyBytes(region, start, datagram, headerBytes + headBytes, length);
    this.#socket.send(datagram, this.#options.remotePort, this.#options.remoteAddress, () => undefined);
  }

  /** Opens the socket. @throws what the system says. */
  async open(): Promise<void> {
    const { localAddress, localPort } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind({ address: localAddress, port: localPort }, () => {
        this.#socket.off('error', reject);
        resolve();
      });
    });
    this.#overflow = new SocketDrops(this.#socket.address());
    // ICMP errors of packets that were sent: the peer may not be there yet.
    this.#socket.on('error', () => undefined);
    try {
      this.#socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
      this.#socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
    } catch {
      // The system allows less: bursts are dropped sooner.
    }
  }

  /** Receives from now on. */
  listen(): void {
    this.#socket.on('message', (datagram, { address, port }) => {
      this.#receive(datagram, address, port);
    });
  }

  /** Counts what the system dropped in front of the port, when it is time to ask for it. */
  countOverflow(nowMs: number): void {
    this.#lose(this.#overflow?.take(nowMs) ?? 0);
  }

  #lose(datagrams: number): void {
    if (datagrams > 0) this.#ledger.drop(INGRESS_OVERFLOW, datagrams, 0);
  }

  /** Receives no more. What is in the socket's buffer by then was not received, and is in no count. */
  deafen(): void {
    this.#lose(this.#overflow?.takeAll() ?? 0);
    this.#socket.removeAllListeners('message');
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => { resolve(); }));
  }

  #receive(datagram: Uint8Array, address: string, port: number): void {
    const { length } = datagram;
    // RFC 7348 lets the peer choose its source port; its address is all that tells it.
    if (plainAddress(address) !== this.#remote || port === 0) {
      this.#ledger.drop(TUNNEL_PEER, 1, length);
      return;
    }
    const header = this.#encapsulation.read(datagram, length);
    if (header < 0) {
      this.#ledger.drop(-header, 1, length);
      return;
    }
    const inner = length - header;
    const linkBytes = this.#encapsulation.linkType === LinkType.ethernet ? ETHERNET_BYTES : 0;
    if (inner > this.#options.mtu + linkBytes && this.#cut(datagram, header, inner, linkBytes)) return;
    if (inner > this.#receiving.region.maxPacketBytes) {
      this.#ledger.drop(PACKET_TOO_LONG, 1, inner);
      return;
    }
    const slot = this.#receiving.take();
    if (slot < 0) {
      this.#ledger.drop(NO_FREE_SLOT, 1, inner);
      return;
    }
    const start = slot + this.#receiving.dataOffset(slot);
    copyBytes(datagram, header, this.#receiving.region.bytes, start, inner);
    if (linkBytes > 0) finishChecksum(this.#receiving.region.bytes, start, inner);
    this.#hand(slot, inner);
  }

  /** Divides a long TCP packet, each part into a slot of its own. False when it is none. */
  #cut(datagram: Uint8Array, header: number, inner: number, linkBytes: number): boolean {
    const { mtu } = this.#options;
    if (this.#segmenter.begin(datagram, header, inner, linkBytes, mtu) === 0) return false;
    const room = mtu + linkBytes - this.#segmenter.headerBytes;
    if (room <= 0 || mtu + linkBytes > this.#receiving.region.maxPacketBytes) return false;
    const packets = this.#segmenter.begin(datagram, header, inner, linkBytes, room);
    for (let k = 0; k < packets; k++) {
      const slot = this.#receiving.take();
      if (slot < 0) {
        this.#ledger.drop(NO_FREE_SLOT, packets - k, 0);
        break;
      }
      this.#hand(slot, this.#segmenter.write(k, this.#receiving.region.bytes, slot + this.#receiving.dataOffset(slot), false));
    }
    return true;
  }

  #hand(slot: number, length: number): void {
    const reason = this.#gate === null ? 0 : this.#gate.admit(slot + this.#receiving.dataOffset(slot), length);
    if (reason !== 0) {
      this.#ledger.drop(reason, 1, length);
      this.#receiving.giveBack(slot);
      return;
    }
    if (!this.#publishDue) {
      this.#publishDue = true;
      this.#receiving.stamp(performance.timeOrigin + performance.now());
      // Datagrams come several to a turn of the event loop: they are published together.
      setImmediate(() => {
        this.#publishDue = false;
        this.#receiving.publish();
      });
    }
    this.#receiving.hand(slot, this.#receiving.dataOffset(slot), length, this.#encapsulation.linkType, 0);
  }

  /** Sends what waits, a window at most; settles when the system has taken or refused all of it. Returns how many. */
  async transmit(): Promise<number> {
    const count = this.#source.take(this.#batch, SEND_WINDOW);
    if (count === 0) return 0;
    const { headers, region } = this.#sending;
    const { remoteAddress, remotePort } = this.#options;
    const { headerBytes, linkType } = this.#encapsulation;
    // One more than there are: the window is not over before all were handed to the system.
    this.#unanswered = 1;
    const done = new Promise<void>((resolve) => (this.#windowDone = resolve));
    for (let k = 0; k < count; k++) {
      const slot = region.slotIndex(this.#batch[k]);
      const dataOffset = headers.u32[slot << 4];
      const length = headers.u32[(slot << 4) + 1];
      this.#reasons[k] = 0;
      if (headers.u8[(slot << 6) + HeaderOffset.linkType] !== linkType) this.#reasons[k] = LINK_TYPE_MISMATCH;
      else if (dataOffset < headerBytes) this.#reasons[k] = EGRESS_FAILED;
      if (this.#reasons[k] !== 0) continue;
      const start = this.#batch[k] + dataOffset - headerBytes;
      this.#encapsulation.write(region.bytes, start);
      this.#unanswered++;
      this.#socket.send(region.bytes, start, headerBytes + length, remotePort, remoteAddress, (error: NodeJS.ErrnoException | null) => {
        if (error !== null) this.#reasons[k] = error.code === 'EMSGSIZE' ? MTU_EXCEEDED : EGRESS_FAILED;
        this.#answer();
      });
    }
    this.#answer();
    await done;
    for (let k = 0; k < count; k++) {
      if (this.#reasons[k] === 0) this.#sending.sent(this.#batch[k]);
      else this.#sending.dropped(this.#batch[k], this.#reasons[k]);
    }
    this.#sending.publish();
    return count;
  }

  #answer(): void {
    if (--this.#unanswered === 0) this.#windowDone();
  }
}

/** An IPv4 address that came by an IPv6 socket, as IPv4; without a zone. */
function plainAddress(address: string): string {
  return (address.split('%')[0] ?? '').replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
}

