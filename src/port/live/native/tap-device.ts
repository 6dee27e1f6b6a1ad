/** The device of a TAP or TUN interface: one frame a call. The main thread opens it; the port's threads share the descriptor. */
import type { FrameIo } from './frame-io.js';
import { interfaceRequest } from './interface-request.js';
import { Errno, type Libc } from './libc.js';
import type { MessageVector } from './message-vector.js';
import { OFFLOAD_BYTES } from './offload.js';
import type { OpenFailure } from './packet-socket.js';

const DEVICE = '/dev/net/tun';
const O_RDWR_NONBLOCK_CLOEXEC = 0x2 | 0x800 | 0x80000;
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN = 1;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** Begun checksums, long TCP packets of both IP versions, and those with ECN. */
const OFFLOADS = 1 | 2 | 4 | 8;
const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
/** How long a call waits for its first frame. */
const WAIT_MS = 50;

const IS_DOWN = 'is down';

/** Opens an interface, and makes it where there is none of that name. `large`: long TCP packets may come whole. */
export function openTap(libc: Libc, kind: 'tap' | 'tun', name: string, large: boolean): number | OpenFailure {
  const descriptor = libc.open(DEVICE, O_RDWR_NONBLOCK_CLOEXEC);
  if (descriptor < 0) return { errno: libc.errno(), doing: `open ${DEVICE}` };
  const request = interfaceRequest(name);
  new DataView(request.buffer).setInt16(16, (kind === 'tap' ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_VNET_HDR, true);
  const doing = libc.ioctl(descriptor, TUNSETIFF, request) < 0 ? `attach to the ${kind.toUpperCase()} interface`
    : libc.ioctlValue(descriptor, TUNSETOFFLOAD, large ? OFFLOADS : 0) < 0 ? 'set what the interface leaves undone' : null;
  if (doing === null) return descriptor;
  const errno = libc.errno();
  libc.close(descriptor);
  return { errno, doing };
}

export class TapDevice implements FrameIo {
  readonly #libc: Libc;
  readonly descriptor: number;
  readonly #lengths = new Float64Array(64);
  readonly #readable = new Uint8Array(8);
  readonly #writable = new Uint8Array(8);

  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.descriptor = descriptor;
    for (const [bytes, events] of [[this.#readable, POLLIN], [this.#writable, POLLOUT]] as const) {
      const view = new DataView(bytes.buffer);
      view.setInt32(0, descriptor, true);
      view.setInt16(4, events, true);
    }
  }

  receive(vector: MessageVector, max: number, mayWait: boolean): number {
    let count = 0;
    for (; count < max; count++) {
      const length = this.#libc.readv(this.descriptor, vector.iovecAddress(count), vector.piecesEach);
      if (length < 0) break;
      this.#lengths[count] = length;
    }
    if (count > 0) return count;
    const error = this.#libc.errno();
    if (error !== Errno.again && error !== Errno.intr) return -error;
    if (mayWait && this.#libc.poll(this.#readable, 1, WAIT_MS) > 0 && (this.#readable[6] & POLLERR) !== 0) return -Errno.badfd;
    return 0;
  }

  length(_vector: MessageVector, k: number): number {
    return this.#lengths[k] - OFFLOAD_BYTES;
  }

  vlanTag(): number {
    return 0;
  }

  send(vector: MessageVector, from: number, count: number): number {
    for (let k = from; k < count; k++) {
      if (this.#libc.writev(this.descriptor, vector.iovecAddress(k), vector.piecesEach) >= 0) continue;
      return k > from ? k - from : -this.#libc.errno();
    }
    return count - from;
  }

  waitToSend(): void {
    this.#libc.poll(this.#writable, 1, 1);
  }

  dropped(): number {
    return 0;
  }

  outage(): string | null {
    // Its own end is this process, so it has a carrier; and the kernel calls it writable while it is up, in whatever namespace it is by now.
    return this.#libc.poll(this.#writable, 1, 0) === 0 ? IS_DOWN : null;
  }

  reattach(): boolean {
    const length = this.#libc.poll(this.#readable, 1, 0);
    return length >= 0 && (this.#readable[6] & POLLERR) === 0;
  }
}
