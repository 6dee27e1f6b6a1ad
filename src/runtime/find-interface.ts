/** Finds an interface for a port that is on one, and words what the system refuses. Main thread, at start. */
import { interfaceFacts, type InterfaceFacts } from '../port/live/native/interface-request.js';
import { Errno, type Libc } from '../port/live/native/libc.js';
import { openPacketSocket, type OpenFailure } from '../port/live/native/packet-socket.js';
import type { Problem } from './problems.js';

export type Refusal = Omit<Problem, 'place'>;

/** An interface that is there and up, and a packet socket that is bound to nothing yet. On refusal nothing is open. */
export function findInterface(libc: Libc, name: string): { socket: number; facts: InterfaceFacts } | Refusal {
  const socket = openPacketSocket(libc);
  if (typeof socket !== 'number') return refusal(socket, 'CAP_NET_RAW');
  const facts = interfaceFacts(libc, socket, name);
  if (facts?.up === true) return { socket, facts };
  libc.close(socket);
  return facts === null
    ? { code: 'interface-missing', found: 'no such interface', expected: 'the name of an interface: ip link', message: `there is no interface '${name}'` }
    : { code: 'interface-down', found: 'down', expected: `up: ip link set ${name} up`, message: `the interface '${name}' is down, or its other end is` };
}

/** @param capability what gives the permission where it is missing. */
export function refusal({ errno, doing }: OpenFailure, capability: string): Refusal {
  const denied = errno === Errno.perm || errno === Errno.acces;
  if (denied) {
    const expected = `${capability}: run as root, or give it to node (setcap ${capability.toLowerCase()}+ep)`;
    return { code: 'permission-missing', found: `no permission to ${doing}`, expected, message: `the system does not let this process ${doing}` };
  }
  const busy = errno === Errno.busy ? ', because another program has it' : '';
  return { code: 'interface-refused', found: `error ${errno}`, expected: 'an interface that can be used', message: `the system could not ${doing}${busy}` };
}
