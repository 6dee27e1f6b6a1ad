/**
 * Opens what live ports need of the system, in the main thread: a descriptor that a worker opened would be lost when it is
 * terminated. What is missing is said for all ports at once, before any other thread exists.
 */
import type { InterfaceBackend, LiveBackend } from '../port/live/backend.js';
import type { LegSpec } from '../port/router/leg.js';
import { readU48 } from '../packet/bytes.js';
import { interfaceFacts, setUp, type InterfaceFacts } from '../port/live/native/interface-request.js';
import { Errno, KoffiMissing, loadLibc, type Libc } from '../port/live/native/libc.js';
import { openPacketSocket, setUpPacketSocket, type OpenFailure } from '../port/live/native/packet-socket.js';
import { openTap } from '../port/live/native/tap-device.js';
import { isLive, isOnInterface, offloadsOf, type InterfacePortSpec } from './live-ports.js';
import { completeLeg } from './open-legs.js';
import type { Plan } from './plan.js';
import { ConfigurationError, type Problem } from './problems.js';

/** Of an interface that is gone again while it is being asked. */
const ETHERNET_MTU = 1500;

/** Ports of a plan as their threads need them; null for those that are not live. */
export interface OpenPorts {
  backends: (LiveBackend | null)[];
  /** Closes every descriptor. No thread may use them any more. */
  close: () => void;
}

/** @throws ConfigurationError with everything that is missing. */
export async function openPorts(plan: Plan): Promise<OpenPorts> {
  const descriptors: number[] = [];
  const problems: Problem[] = [];
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
    const opened = openInterface(libc!, spec, offloads);
    if ('code' in opened) {
      problems.push({ place: `ports.${name}`, ...opened });
      return null;
    }
    const { facts, ...backend } = opened;
    descriptors.push(backend.descriptor);
    if (spec.leg !== null) legs[port] = completeLeg(spec.leg, { mac: spec.kind === 'af-packet' ? readU48(facts.hardwareAddress, 0) : null, mtu: facts.mtu });
    return { ...backend, legs: legsOf };
  });
  const close = (): void => {
    for (const descriptor of descriptors.splice(0)) libc!.close(descriptor);
  };
  if (problems.length === 0) return { backends, close };
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

type Refusal = Omit<Problem, 'place'>;
type Offloads = Pick<InterfaceBackend, 'keepsChecksums' | 'keepsLong'>;
/** What was opened, without what only the other ports tell. */
type Opened = Omit<InterfaceBackend, 'legs'> & { facts: Pick<InterfaceFacts, 'mtu' | 'hardwareAddress'> };

function openInterface(libc: Libc, { kind, interface: name }: InterfacePortSpec, offloads: Offloads): Opened | Refusal {
  return kind === 'af-packet' ? openPacket(libc, name, offloads) : openTapPort(libc, kind, name, offloads);
}

function openPacket(libc: Libc, name: string, offloads: Offloads): Opened | Refusal {
  const descriptor = openPacketSocket(libc);
  if (typeof descriptor !== 'number') return refusal(descriptor, 'CAP_NET_RAW');
  const refuse = (refused: Refusal): Refusal => {
    libc.close(descriptor);
    return refused;
  };
  const facts = interfaceFacts(libc, descriptor, name);
  if (facts === null) {
    return refuse({ code: 'interface-missing', found: 'no such interface', expected: 'the name of an interface: ip link', message: `there is no interface '${name}'` });
  }
  const failed = setUpPacketSocket(libc, descriptor, facts.index);
  if (failed !== null) return refuse(refusal(failed, 'CAP_NET_RAW'));
  if (!facts.up) {
    return refuse({ code: 'interface-down', found: 'down', expected: `up: ip link set ${name} up`, message: `the interface '${name}' is down, or its other end is` });
  }
  return { kind: 'af-packet', interface: name, interfaceIndex: facts.index, descriptor, facts, ...offloads };
}

function openTapPort(libc: Libc, kind: 'tap' | 'tun', name: string, offloads: Offloads): Opened | Refusal {
  const descriptor = openTap(libc, kind, name, offloads.keepsLong);
  if (typeof descriptor !== 'number') return refusal(descriptor, 'CAP_NET_ADMIN');
  // A packet socket has no part in it: any socket carries the request.
  const socket = libc.socket(2, 2 | 0x80000, 0);
  setUp(libc, socket, name);
  const facts = interfaceFacts(libc, socket, name) ?? { mtu: ETHERNET_MTU, hardwareAddress: new Uint8Array(6) };
  libc.close(socket);
  return { kind, interface: name, interfaceIndex: 0, descriptor, facts, ...offloads };
}

function refusal({ errno, doing }: OpenFailure, capability: string): Refusal {
  const denied = errno === Errno.perm || errno === Errno.acces;
  if (denied) {
    const expected = `${capability}: run as root, or give it to node (setcap ${capability.toLowerCase()}+ep)`;
    return { code: 'permission-missing', found: `no permission to ${doing}`, expected, message: `the system does not let this process ${doing}` };
  }
  const busy = errno === Errno.busy ? ', because another program has it' : '';
  return { code: 'interface-refused', found: `error ${errno}`, expected: 'an interface that can be used', message: `the system could not ${doing}${busy}` };
}
