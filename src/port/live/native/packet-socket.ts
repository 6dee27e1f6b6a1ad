/**
 * A packet socket (AF_PACKET, packet(7)): every frame of one interface, 64 a call. The main thread opens it; the threads of
 * the port share its descriptor.
 */
import type { FrameIo } from './frame-io.js';
import { CarrierQuestion, interfaceFacts } from './interface-request.js';
import { Errno, type Libc } from './libc.js';
import type { MessageVector } from './message-vector.js';
import { OFFLOAD_BYTES } from './offload.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SOL_PACKET = 263;
const ETH_P_ALL = 0x0003;
const NO_PROTOCOL = 0;
const Option = { addMembership: 1, statistics: 6, auxdata: 8, vnetHeader: 15, ignoreOutgoing: 23 } as const;
const SocketOption = { receiveTimeout: 20, sendBufferForce: 32, receiveBufferForce: 33, sendBuffer: 7, receiveBuffer: 8 } as const;
const PROMISCUOUS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const MSG_WAITFORONE = 0x10000;
const POLLOUT = 4;

/** Bytes that the system holds while the port is away: at 1500 B some 7000 packets. */
const SOCKET_BUFFER_BYTES = 16 * 1024 * 1024;
/** How long a call waits for its first frame. Bounds how late the thread notices that it is to end. */
const WAIT_MS = 50;
/** `struct tpacket_auxdata` behind its control header. */
const AUXDATA = 16;
const VLAN_VALID = 0x10;
const VLAN_TPID_VALID = 0x40;
const VLAN = 0x8100;

const NO_CARRIER = 'has no carrier: the other end of its cable is down';

const int = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

function address(index: number, protocol: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, protocol);
  view.setInt32(4, index, true);
  return bytes;
}

/** Sees frames for others too: a bridge passes them on. */
function bindTo(libc: Libc, descriptor: number, index: number, protocol: number): boolean {
  if (libc.bind(descriptor, address(index, protocol), 20) < 0) return false;
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, index, true);
  view.setUint16(4, PROMISCUOUS, true);
  return libc.setsockopt(descriptor, SOL_PACKET, Option.addMembership, request, request.length) === 0;
}

/** An error number of the system, and what was being done. */
export interface OpenFailure {
  errno: number;
  doing: string;
}

/** Opens a packet socket, bound to no interface yet. */
export function openPacketSocket(libc: Libc): number | OpenFailure {
  const descriptor = libc.socket(AF_PACKET, SOCK_RAW | CLOEXEC, 0);
  return descriptor < 0 ? { errno: libc.errno(), doing: 'open a packet socket' } : descriptor;
}

/**
 * Binds the socket to an interface, and sets it up as `PacketSocket` needs it. Null when that went well.
 * @param receives whether it gets what arrives there; else it only sends, and sees frames for others for whoever does receive.
 */
export function setUpPacketSocket(libc: Libc, descriptor: number, index: number, receives = true): OpenFailure | null {
  const set = (level: number, option: number, value: Uint8Array): boolean => libc.setsockopt(descriptor, level, option, value, value.length) === 0;
  const timeout = new Uint8Array(BigInt64Array.of(0n, BigInt(WAIT_MS * 1000)).buffer);
  // Without CAP_NET_ADMIN the system's limit holds: bursts are lost sooner.
  if (!set(SOL_SOCKET, SocketOption.receiveBufferForce, int(SOCKET_BUFFER_BYTES))) set(SOL_SOCKET, SocketOption.receiveBuffer, int(SOCKET_BUFFER_BYTES));
  if (!set(SOL_SOCKET, SocketOption.sendBufferForce, int(SOCKET_BUFFER_BYTES))) set(SOL_SOCKET, SocketOption.sendBuffer, int(SOCKET_BUFFER_BYTES));
  const steps: readonly [string, () => boolean][] = [
    ['set a time limit for receiving', () => set(SOL_SOCKET, SocketOption.receiveTimeout, timeout)],
    ['leave out its own packets (Linux 4.20)', () => set(SOL_PACKET, Option.ignoreOutgoing, int(1))],
    ['learn of begun checksums', () => set(SOL_PACKET, Option.vnetHeader, int(1))],
    ['learn of VLAN tags', () => set(SOL_PACKET, Option.auxdata, int(1))],
    ['bind to the interface', () => bindTo(libc, descriptor, index, receives ? ETH_P_ALL : NO_PROTOCOL)],
  ];
  for (const [doing, step] of steps) if (!step()) return { errno: libc.errno(), doing };
  return null;
}

export class PacketSocket implements FrameIo {
  readonly #libc: Libc;
  readonly descriptor: number;
  readonly #name: string;
  #index: number;
  readonly #statistics = new Uint32Array(2);
  readonly #statisticsBytes = new Uint8Array(this.#statistics.buffer);
  readonly #statisticsLength = new Uint32Array(1);
  readonly #pollDescriptor = new Uint8Array(8);
  readonly #carrier: CarrierQuestion;

  constructor(libc: Libc, descriptor: number, name: string, index: number) {
    this.#libc = libc;
    this.descriptor = descriptor;
    this.#name = name;
    this.#index = index;
    this.#carrier = new CarrierQuestion(libc, descriptor, name);
    const view = new DataView(this.#pollDescriptor.buffer);
    view.setInt32(0, descriptor, true);
    view.setInt16(4, POLLOUT, true);
  }

  receive(vector: MessageVector, max: number, mayWait: boolean): number {
    vector.expectControl(max);
    const count = this.#libc.recvmmsg(this.descriptor, vector.bytes, max, (mayWait ? MSG_WAITFORONE : MSG_DONTWAIT) | MSG_TRUNC, null);
    if (count >= 0) return count;
    const error = this.#libc.errno();
    return error === Errno.again || error === Errno.intr ? 0 : -error;
  }

  length(vector: MessageVector, k: number): number {
    return vector.length(k) - OFFLOAD_BYTES;
  }

  vlanTag(vector: MessageVector, k: number): number {
    if (vector.controlLength(k) < AUXDATA + 20) return 0;
    const { control } = vector;
    const at = vector.controlOffset(k) + AUXDATA;
    const status = control[at];
    if ((status & VLAN_VALID) === 0) return 0;
    const type = (status & VLAN_TPID_VALID) !== 0 ? control[at + 18] | (control[at + 19] << 8) : VLAN;
    return ((type << 16) | control[at + 16] | (control[at + 17] << 8)) >>> 0;
  }

  send(vector: MessageVector, from: number, count: number): number {
    const messages = vector.from(from);
    const sent = this.#libc.sendmmsg(this.descriptor, messages, count - from, MSG_DONTWAIT);
    return sent >= 0 ? sent : -this.#libc.errno();
  }

  waitToSend(): void {
    this.#libc.poll(this.#pollDescriptor, 1, 1);
  }

  dropped(): number {
    this.#statisticsLength[0] = 8;
    // Reading sets the figures back to zero. The first counts the dropped ones too.
    if (this.#libc.getsockopt(this.descriptor, SOL_PACKET, Option.statistics, this.#statisticsBytes, this.#statisticsLength) < 0) return 0;
    return this.#statistics[1];
  }

  outage(): string | null {
    return this.#carrier.isLost ? NO_CARRIER : null;
  }

  reattach(): boolean {
    const facts = interfaceFacts(this.#libc, this.descriptor, this.#name);
    if (facts === null || !facts.up) return false;
    // An interface that was made again has another index.
    if (facts.index !== this.#index && !bindTo(this.#libc, this.descriptor, facts.index, ETH_P_ALL)) return false;
    this.#index = facts.index;
    return true;
  }
}
