/** `struct ifreq`: an interface by name, and what is asked of it, as `ioctl` takes it (netdevice(7)). */
import type { Libc } from './libc.js';

const NAME_BYTES = 16;
const REQUEST_BYTES = 40;
const VALUE_OFFSET = NAME_BYTES;
const Request = { flags: 0x8913, mtu: 0x8921, setMtu: 0x8922, hardwareAddress: 0x8927, index: 0x8933, setFlags: 0x8914, ethtool: 0x8946 } as const;
/** ETHTOOL_GCHANNELS, ETHTOOL_GGRO and ETHTOOL_GFLAGS. */
const GET_CHANNELS = 0x3c;
const GET_GRO = 0x2b;
const GET_FLAGS = 0x25;
/** ETH_FLAG_RXVLAN. */
const FLAG_RXVLAN = 1 << 8;
const IFF_UP = 1;
const IFF_RUNNING = 0x40;

export interface InterfaceFacts {
  index: number;
  mtu: number;
  /** Six bytes. */
  hardwareAddress: Uint8Array;
  up: boolean;
}

/** A request that carries the name of an interface. */
export function interfaceRequest(name: string): Uint8Array {
  const request = new Uint8Array(REQUEST_BYTES);
  request.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES - 1));
  return request;
}

function ask(libc: Libc, socket: number, name: string, code: number): DataView | null {
  const request = interfaceRequest(name);
  if (libc.ioctl(socket, code, request) < 0) return null;
  return new DataView(request.buffer, VALUE_OFFSET);
}

/** What an interface is now, or null when there is none of that name. Any socket will do. */
export function interfaceFacts(libc: Libc, socket: number, name: string): InterfaceFacts | null {
  const index = ask(libc, socket, name, Request.index);
  const mtu = ask(libc, socket, name, Request.mtu);
  const flags = ask(libc, socket, name, Request.flags);
  const hardware = ask(libc, socket, name, Request.hardwareAddress);
  if (index === null || mtu === null || flags === null || hardware === null) return null;
  const up = flags.getInt16(0, true) & (IFF_UP | IFF_RUNNING);
  // The family of the address comes first.
  const hardwareAddress = new Uint8Array(hardware.buffer, VALUE_OFFSET + 2, 6).slice();
  return { index: index.getInt32(0, true), mtu: mtu.getInt32(0, true), hardwareAddress, up: up === (IFF_UP | IFF_RUNNING) };
}

/**
 * Hot: no allocation. Asks for the flags of one interface again and again. An interface whose cable has no other end takes
 * what is sent and loses it without an error, so somebody has to ask.
 */
export class CarrierQuestion {
  readonly #libc: Libc;
  readonly #socket: number;
  readonly #request: Uint8Array;

  /** @param socket any socket in the interface's namespace. */
  constructor(libc: Libc, socket: number, name: string) {
    this.#libc = libc;
    this.#socket = socket;
    this.#request = interfaceRequest(name);
  }

  /** Whether the interface is up and has no carrier. One that is down or gone says so itself, by an error. */
  get isLost(): boolean {
    const request = this.#request;
    if (this.#libc.ioctl(this.#socket, Request.flags, request) < 0) return false;
    return (request[VALUE_OFFSET] & (IFF_UP | IFF_RUNNING)) === IFF_UP;
  }
}

/** Receive queues of an interface; 1 where its driver does not say. */
export function receiveQueues(libc: Libc, socket: number, name: string): number {
  // `struct ethtool_channels`: the command, four maxima, then how many there are for receiving, sending, other things and both.
  const channels = new Uint32Array(9);
  channels[0] = GET_CHANNELS;
  return askDriver(libc, socket, name, channels) ? Math.max(1, channels[5] + channels[8]) : 1;
}

/** Whether the system puts long TCP packets together from those that the interface receives. False where its driver does not say. */
export function mergesFrames(libc: Libc, socket: number, name: string): boolean {
  return driverValue(libc, socket, name, GET_GRO) !== 0;
}

/** Whether the interface takes VLAN tags out of the frames that it receives. False where its driver does not say. */
export function takesTagsOut(libc: Libc, socket: number, name: string): boolean {
  return (driverValue(libc, socket, name, GET_FLAGS) & FLAG_RXVLAN) !== 0;
}

/** `struct ethtool_value`: the command, and what it is answered with; 0 where there is no answer. */
function driverValue(libc: Libc, socket: number, name: string, command: number): number {
  const value = Uint32Array.of(command, 0);
  return askDriver(libc, socket, name, value) ? value[1] : 0;
}

/** Has the driver of an interface fill in a structure that begins with the command. */
function askDriver(libc: Libc, socket: number, name: string, words: Uint32Array): boolean {
  const request = interfaceRequest(name);
  new DataView(request.buffer).setBigUint64(VALUE_OFFSET, BigInt(libc.addressOf(new Uint8Array(words.buffer))), true);
  return libc.ioctl(socket, Request.ethtool, request) >= 0;
}

/** Sets an interface up. False when the system refuses. */
export function setUp(libc: Libc, socket: number, name: string): boolean {
  const flags = ask(libc, socket, name, Request.flags);
  if (flags === null) return false;
  const request = interfaceRequest(name);
  new DataView(request.buffer).setInt16(VALUE_OFFSET, flags.getInt16(0, true) | IFF_UP, true);
  return libc.ioctl(socket, Request.setFlags, request) === 0;
}
