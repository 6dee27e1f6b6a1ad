/** Opens what an AF_XDP port needs: a socket whose packet memory is the region, and the program that brings it frames. Main thread. */
import type { XdpBackend } from '../port/live/backend.js';
import { readU48 } from '../packet/bytes.js';
import { Region, type RegionHandle } from '../memory/region.js';
import { mergesFrames, receiveQueues, takesTagsOut } from '../port/live/native/interface-request.js';
import { Errno, type Libc } from '../port/live/native/libc.js';
import { setUpPacketSocket, type OpenFailure } from '../port/live/native/packet-socket.js';
import { attachRedirect } from '../port/live/native/xdp/bpf.js';
import { XDP_HEADROOM_BYTES, closeXdpSocket, openXdpSocket } from '../port/live/native/xdp/xdp-socket.js';
import { findInterface, refusal, type Refusal } from './find-interface.js';
import type { InterfaceValues } from './open-legs.js';

/** An Ethernet header with a VLAN tag. */
const LINK_BYTES = 18;

interface OpenedXdp {
  backend: Omit<XdpBackend, 'legs'>;
  values: InterfaceValues;
  close: () => void;
  advice: readonly string[];
}

export function openXdp(libc: Libc, name: string, handle: RegionHandle, { keepsChecksums }: Pick<XdpBackend, 'keepsChecksums'>): OpenedXdp | Refusal {
  const found = findInterface(libc, name);
  if ('code' in found) return found;
  const { socket: outlet, facts } = found;
  const closers: (() => void)[] = [() => libc.close(outlet)];
  const close = (): void => {
    for (const each of closers.splice(0).reverse()) each();
  };
  const refuse = (refused: Refusal): Refusal => {
    close();
    return refused;
  };
  const room = handle.slotBytes - XDP_HEADROOM_BYTES - LINK_BYTES;
  if (facts.mtu > room) {
    const expected = `at most ${room} with slots of ${handle.slotBytes} B: ip link set ${name} mtu ${Math.min(room, 1500)}`;
    return refuse({ code: 'interface-refused', found: `an MTU of ${facts.mtu}`, expected, message: `frames of the interface '${name}' do not fit the slots` });
  }
  const queues = receiveQueues(libc, outlet, name);
  if (queues > 1) {
    const expected = `one: ethtool -L ${name} combined 1 (or rx 1)`;
    return refuse({ code: 'interface-refused', found: `${queues} receive queues`, expected, message: `an XDP socket serves one queue of the interface '${name}', and it has more` });
  }
  // By it a leg sends frames of its own. Without a protocol it receives nothing.
  const failedOutlet = setUpPacketSocket(libc, outlet, facts.index, false);
  if (failedOutlet !== null) return refuse(refusal(failedOutlet, 'CAP_NET_RAW'));
  const { bytes, base, slots, slotBytes } = new Region(handle);
  const socket = openXdpSocket(libc, facts.index, { bytes, length: base + slots * slotBytes, slots, slotBytes });
  if ('errno' in socket) return refuse(refusalOf(socket, 'CAP_NET_RAW'));
  closers.push(() => { closeXdpSocket(libc, socket); });
  const attachment = attachRedirect(libc, socket.descriptor, facts.index);
  if ('errno' in attachment) return refuse(refusalOf(attachment, 'CAP_BPF,CAP_NET_ADMIN'));
  for (const descriptor of [attachment.map, attachment.program, attachment.link]) closers.push(() => libc.close(descriptor));
  return {
    backend: { kind: 'af-xdp', interface: name, interfaceIndex: facts.index, ...socket, keepsChecksums, outlet, mtu: facts.mtu },
    values: { mac: readU48(facts.hardwareAddress, 0), mtu: facts.mtu },
    close,
    advice: adviceOf(libc, outlet, name, attachment.mode),
  };
}

/** What the interface does to frames before the program has them, which a program in the driver of a virtual cable stops for TCP by itself. */
function adviceOf(libc: Libc, socket: number, name: string, mode: 'driver' | 'generic'): string[] {
  const advice: string[] = [];
  if (mode === 'generic' && mergesFrames(libc, socket, name)) advice.push(`TCP packets that the system puts together on '${name}' fit no slot and are dropped: ethtool -K ${name} gro off (and tso off gso off at the other end of a virtual cable)`);
  if (takesTagsOut(libc, socket, name)) advice.push(`VLAN tags of frames that '${name}' receives are lost: ethtool -K ${name} rxvlan off (and txvlan off at the other end of a virtual cable)`);
  return advice;
}

function refusalOf(failure: OpenFailure, capabilities: string): Refusal {
  const { errno, doing } = failure;
  const message = `the system could not ${doing}`;
  if (errno === Errno.noFamily) return { code: 'interface-refused', found: 'a kernel without AF_XDP', expected: 'Linux 5.9 or newer with CONFIG_XDP_SOCKETS; or kind: af-packet', message };
  if (errno === Errno.nobufs) {
    return { code: 'interface-refused', found: 'more packet memory than this process may lock', expected: 'a higher limit (ulimit -l unlimited), CAP_IPC_LOCK, or fewer memory.slots', message };
  }
  return refusal(failure, capabilities);
}
