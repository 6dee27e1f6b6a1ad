/**
 * The XDP program that hands the frames of an interface to an XDP socket, and how it is put in place by bpf(2). It is attached
 * by a link, so it is gone when the link's descriptor is closed, also by the end of the process.
 */
import type { Libc } from '../libc.js';
import type { OpenFailure } from '../packet-socket.js';

const Command = { createMap: 0, updateElement: 2, loadProgram: 5, createLink: 28 } as const;
const MAP_OF_SOCKETS = 17;
const PROGRAM_XDP = 6;
const ATTACH_XDP = 37;
/** bpf_redirect_map, and XDP_PASS, which it returns where the map has no socket. */
const REDIRECT_MAP = 51;
const XDP_PASS = 2;
/** `rx_queue_index` of `struct xdp_md`. */
const QUEUE_OFFSET = 16;
const ATTRIBUTE_BYTES = 128;

/** How a program is attached: in the driver, or behind it, on packets that the system has made already. */
const XdpMode = { driver: 4, generic: 2 } as const;

/** What stands for a loaded program, all of it to be closed: last things first. */
export interface Attachment {
  link: number;
  program: number;
  map: number;
  mode: 'driver' | 'generic';
}

/** One instruction: operation, destination and source register, offset, immediate value. */
function instruction(operation: number, destination: number, source: number, offset: number, immediate: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, operation);
  view.setUint8(1, destination | (source << 4));
  view.setInt16(2, offset, true);
  view.setInt32(4, immediate, true);
  return bytes;
}

/** `return bpf_redirect_map(map, context->rx_queue_index, XDP_PASS)`. */
function redirectProgram(map: number): Uint8Array {
  return Buffer.concat([
    instruction(0x61, 2, 1, QUEUE_OFFSET, 0), // r2 = *(u32 *)(r1 + 16)
    instruction(0x18, 1, 1, 0, map), // r1 = the map of this descriptor, over two instructions
    instruction(0, 0, 0, 0, 0),
    instruction(0xb7, 3, 0, 0, XDP_PASS), // r3 = XDP_PASS
    instruction(0x85, 0, 0, 0, REDIRECT_MAP), // call
    instruction(0x95, 0, 0, 0, 0), // return r0
  ]);
}

class Attributes {
  readonly bytes = new Uint8Array(ATTRIBUTE_BYTES);
  readonly #view = new DataView(this.bytes.buffer);

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  pointer(at: number, address: number): this {
    this.#view.setBigUint64(at, BigInt(address), true);
    return this;
  }
}

/**
 * Hands the frames of queue 0 of an interface to a socket that is bound to it; those of other queues go on to the system.
 * @returns what is to be closed, or why it could not be done; then nothing is left.
 */
export function attachRedirect(libc: Libc, socket: number, interfaceIndex: number): Attachment | OpenFailure {
  const opened: number[] = [];
  const call = (doing: string, command: number, { bytes }: Attributes): number | OpenFailure => {
    const descriptor = libc.bpf(command, bytes, ATTRIBUTE_BYTES);
    if (descriptor >= 0) return descriptor;
    return { errno: libc.errno(), doing };
  };
  const fail = (failure: OpenFailure): OpenFailure => {
    for (const descriptor of opened.reverse()) libc.close(descriptor);
    return failure;
  };

  const map = call('make a map of XDP sockets', Command.createMap, new Attributes().u32(0, MAP_OF_SOCKETS).u32(4, 4).u32(8, 4).u32(12, 1));
  if (typeof map !== 'number') return map;
  opened.push(map);

  const code = redirectProgram(map);
  const licence = new TextEncoder().encode('Apache-2.0\0');
  const program = call('load an XDP program', Command.loadProgram,
    new Attributes().u32(0, PROGRAM_XDP).u32(4, code.length / 8).pointer(8, libc.addressOf(code)).pointer(16, libc.addressOf(licence)).u32(68, ATTACH_XDP));
  if (typeof program !== 'number') return fail(program);
  opened.push(program);

  const key = new Uint8Array(4);
  const value = new Uint8Array(Int32Array.of(socket).buffer);
  const updated = call('put the socket into the map', Command.updateElement, new Attributes().u32(0, map).pointer(8, libc.addressOf(key)).pointer(16, libc.addressOf(value)));
  if (typeof updated !== 'number') return fail(updated);

  const attach = (mode: number): number | OpenFailure =>
    call('attach an XDP program to the interface', Command.createLink, new Attributes().u32(0, program).u32(4, interfaceIndex).u32(8, ATTACH_XDP).u32(12, mode));
  const native = attach(XdpMode.driver);
  if (typeof native === 'number') return { link: native, program, map, mode: 'driver' };
  const generic = attach(XdpMode.generic);
  if (typeof generic === 'number') return { link: generic, program, map, mode: 'generic' };
  return fail(generic);
}
