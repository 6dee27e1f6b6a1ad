/**
 * The system calls that live ports need, through koffi. koffi is an optional dependency: it is imported when the first such
 * port is opened, and where it is missing the error says what to do.
 */

/** An error number of the system, as `errno`. */
export const Errno = {
  intr: 4, io: 5, nxio: 6, again: 11, nodev: 19, busy: 16, inval: 22, perm: 1, acces: 13, badfd: 77, msgsize: 90, notSupported: 95, noFamily: 97, netdown: 100, nobufs: 105,
} as const;

export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(descriptor: number, address: Uint8Array, length: number): number;
  open(path: string, flags: number): number;
  close(descriptor: number): number;
  ioctl(descriptor: number, request: number, argument: Uint8Array): number;
  /** `ioctl` whose argument is a number. */
  ioctlValue(descriptor: number, request: number, value: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: Uint32Array): number;
  recvmmsg(descriptor: number, messages: Uint8Array, count: number, flags: number, timeout: null): number;
  sendmmsg(descriptor: number, messages: Uint8Array, count: number, flags: number): number;
  /** `vector` is an address. */
  readv(descriptor: number, vector: number, count: number): number;
  writev(descriptor: number, vector: number, count: number): number;
  poll(descriptors: Uint8Array, count: number, timeoutMs: number): number;
  sendto(descriptor: number, bytes: null, length: number, flags: number, address: null, addressLength: number): number;
  /** Maps a part of a descriptor. @returns where; from 2^64 - 1 on when it was refused. */
  mmap(address: number, length: number, protection: number, flags: number, descriptor: number, offset: number): number;
  munmap(address: number, length: number): number;
  /** bpf(2), which the C library does not have. */
  bpf(command: number, attributes: Uint8Array, length: number): number;
  /** Of the last call that failed in this thread. */
  errno(): number;
  /** Where bytes lie in this process: the same in every thread. */
  addressOf(bytes: Uint8Array): number;
  /** The bytes at an address that is mapped, and stays mapped as long as this thread looks at them. */
  view: (address: number, length: number) => ArrayBuffer;
}

/** Number of bpf(2) in the table of system calls. */
const BPF_CALL = { x64: 321, arm64: 280 } as const;

/** koffi is not there, or cannot be loaded. */
export class KoffiMissing extends Error {
  override name = 'KoffiMissing';
}

let loading: Promise<Libc> | null = null;

/** @throws KoffiMissing. */
export function loadLibc(): Promise<Libc> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Libc> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
    throw new KoffiMissing(`live interfaces need Linux on x64 or arm64, this is ${process.platform} on ${process.arch}`);
  }
  const { default: koffi } = await import('koffi').catch((cause: unknown) => {
    throw new KoffiMissing('the package koffi cannot be loaded', { cause });
  });
  // In the process already, whichever C library it is.
  const library = koffi.load(null);
  const systemCall = library.func('intptr_t syscall(intptr_t, int, void*, unsigned int)') as (call: number, command: number, attributes: Uint8Array, length: number) => number;
  const bpfCall = BPF_CALL[process.arch];
  const bound = <Name extends keyof Libc>(_name: Name, prototype: string): Libc[Name] => library.func(prototype);
  return {
    socket: bound('socket', 'int socket(int, int, int)'),
    bind: bound('bind', 'int bind(int, void*, uint32_t)'),
    open: bound('open', 'int open(const char*, int)'),
    close: bound('close', 'int close(int)'),
    ioctl: bound('ioctl', 'int ioctl(int, unsigned long, void*)'),
    ioctlValue: bound('ioctlValue', 'int ioctl(int, unsigned long, unsigned long)'),
    setsockopt: bound('setsockopt', 'int setsockopt(int, int, int, void*, uint32_t)'),
    getsockopt: bound('getsockopt', 'int getsockopt(int, int, int, void*, void*)'),
    recvmmsg: bound('recvmmsg', 'int recvmmsg(int, void*, unsigned int, int, void*)'),
    sendmmsg: bound('sendmmsg', 'int sendmmsg(int, void*, unsigned int, int)'),
    readv: bound('readv', 'intptr_t readv(int, uintptr_t, int)'),
    writev: bound('writev', 'intptr_t writev(int, uintptr_t, int)'),
    poll: bound('poll', 'int poll(void*, unsigned long, int)'),
    sendto: bound('sendto', 'intptr_t sendto(int, void*, uintptr_t, int, void*, uint32_t)'),
    mmap: bound('mmap', 'uintptr_t mmap(uintptr_t, uintptr_t, int, int, int, int64_t)'),
    munmap: bound('munmap', 'int munmap(uintptr_t, uintptr_t)'),
    bpf: (command, attributes, length) => systemCall(bpfCall, command, attributes, length),
    errno: () => koffi.errno(),
    addressOf: (bytes) => Number(koffi.address(bytes)),
    view: (address, length) => koffi.view(address, length),
  };
}
