/**
 * Opens what live ports need of the system, in the main thread: a descriptor that a worker opened would be lost when it is
 * terminated. What is missing is said for all ports at once, before any other thread exists.
 */
import type { InterfaceBackend, LiveBackend, XdpBackend } from '../port/live/backend.js';
import type { LegSpec } from '../port/router/leg.js';
import type { RegionHandle } from '../memory/region.js';
import { readU48 } from '../packet/bytes.js';
import { interfaceFacts, setUp } from '../port/live/native/interface-request.js';
import { KoffiMissing, loadLibc, type Libc } from '../port/live/native/libc.js';
import { setUpPacketSocket } from '../port/live/native/packet-socket.js';
import { openTap } from '../port/live/native/tap-device.js';
import { isLive, isOnInterface, offloadsOf, type InterfacePortSpec } from './live-ports.js';
import { findInterface, refusal, type Refusal } from './find-interface.js';
import { completeLeg, type InterfaceValues } from './open-legs.js';
import { openXdp } from './open-xdp.js';
import type { Plan } from './plan.js';
import { ConfigurationError, type Problem } from './problems.js';

/** Of an interface that is gone again while it is being asked. */
const ETHERNET_MTU = 1500;

/** Ports of a plan as their threads need them; null for those that are not live. */
export interface OpenPorts {
  backends: (LiveBackend | null)[];
  /** What is not as it should be and no reason to fail, with the command that mends it. */
  advice: { port: string; detail: string }[];
  /** Closes the descriptors of one port. No thread may use them any more, and from then on the kernel writes nothing for it. */
  closePort: (port: number) => void;
  /** The same for all ports. */
  close: () => void;
}

/** @param region packet memory, which XDP sockets share. @throws ConfigurationError with everything that is missing. */
export async function openPorts(plan: Plan, region: RegionHandle): Promise<OpenPorts> {
  const closers = new Map<number, () => void>();
  const problems: Problem[] = [];
  const advice: OpenPorts['advice'] = [];
  const libc = plan.ports.some(({ spec }) => isOnInterface(spec)) ? await bindLibc(plan) : null;
  const offloads = offloadsOf(plan.ports, plan.memory.slotBytes);
  const legs: (LegSpec | null)[] = plan.ports.map(() => null);
  const backends = plan.ports.map(({ name, spec }, port): LiveBackend | null => {
    if (!isLive(spec)) return null;
    const legsOf = spec.leg === null ? null : legs;
    if (!isOnInterface(spec)) {
      const { leg, ...backend } = spec;
      if (leg !== null) legs[port] = completeLeg(leg, { mac: null, mtu: spec.mtu });
      return { ...backend, legs: legsOf };
    }
    const opened = openInterface(libc!, spec, offloads, region);
    if ('code' in opened) {
      problems.push({ place: `ports.${name}`, ...opened });
      return null;
    }
    closers.set(port, opened.close);
    for (const detail of opened.advice ?? []) advice.push({ port: name, detail });
    if (spec.leg !== null) legs[port] = completeLeg(spec.leg, opened.values);
    return { ...opened.backend, legs: legsOf };
  });
  const closePort = (port: number): void => {
    closers.get(port)?.();
    closers.delete(port);
  };
  const close = (): void => {
    for (const port of [...closers.keys()]) closePort(port);
  };
  if (problems.length === 0) return { backends, advice, closePort, close };
  close();
  throw new ConfigurationError(problems);
}

async function bindLibc({ ports }: Plan): Promise<Libc> {
  try {
    return await loadLibc();
  } catch (cause) {
    if (!(cause instanceof KoffiMissing)) throw cause;
    const of = ports.filter(({ spec }) => isOnInterface(spec));
    throw new ConfigurationError(of.map(({ name, spec }): Problem => ({
      code: 'koffi-missing',
      place: `ports.${name}`,
      found: cause.message,
      expected: 'the package koffi: npm install koffi',
      message: `a port of kind '${spec.kind}' makes system calls by the package koffi, which cannot be used`,
    })), { cause });
  }
}

type Offloads = Pick<InterfaceBackend, 'keepsChecksums' | 'keepsLong'>;

/** What was opened, without what only the other ports tell. */
interface Opened {
  backend: Omit<InterfaceBackend, 'legs'> | Omit<XdpBackend, 'legs'>;
  values: InterfaceValues;
  close: () => void;
  advice?: readonly string[];
}

function openInterface(libc: Libc, { kind, interface: name }: InterfacePortSpec, offloads: Offloads, region: RegionHandle): Opened | Refusal {
  switch (kind) {
    case 'af-packet':
      return openPacket(libc, name, offloads);
    case 'af-xdp':
      return openXdp(libc, name, region, offloads);
    case 'tap':
    case 'tun':
      return openTapPort(libc, kind, name, offloads);
  }
}

function openPacket(libc: Libc, name: string, offloads: Offloads): Opened | Refusal {
  const found = findInterface(libc, name);
  if ('code' in found) return found;
  const { socket: descriptor, facts } = found;
  const failed = setUpPacketSocket(libc, descriptor, facts.index);
  if (failed !== null) {
    libc.close(descriptor);
    return refusal(failed, 'CAP_NET_RAW');
  }
  return {
    backend: { kind: 'af-packet', interface: name, interfaceIndex: facts.index, descriptor, ...offloads },
    values: { mac: readU48(facts.hardwareAddress, 0), mtu: facts.mtu },
    close: () => libc.close(descriptor),
  };
}

function openTapPort(libc: Libc, kind: 'tap' | 'tun', name: string, offloads: Offloads): Opened | Refusal {
  const descriptor = openTap(libc, kind, name, offloads.keepsLong);
  if (typeof descriptor !== 'number') return refusal(descriptor, 'CAP_NET_ADMIN');
  // A packet socket has no part in it: any socket carries the request.
  const socket = libc.socket(2, 2 | 0x80000, 0);
  setUp(libc, socket, name);
  const mtu = interfaceFacts(libc, socket, name)?.mtu ?? ETHERNET_MTU;
  libc.close(socket);
  return { backend: { kind, interface: name, interfaceIndex: 0, descriptor, ...offloads }, values: { mac: null, mtu }, close: () => libc.close(descriptor) };
}
