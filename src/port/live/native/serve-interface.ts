/** What the two threads of a port on an interface do: one receives, one sends, each blocks in the system by itself. */
import { RunState } from '../../../memory/shared-spec.js';
import { LinkType } from '../../../memory/slot-layout.js';
import { pollLoop } from '../../../ring/poll-loop.js';
import type { InterfaceBackend } from '../backend.js';
import { PortLedger } from '../port-ledger.js';
import type { PortThread } from '../port-thread.js';
import { ReceivingEnd, SendingEnd } from '../ring-ends.js';
import type { FrameIo } from './frame-io.js';
import { FrameReceiver } from './frame-receiver.js';
import { FrameSender } from './frame-sender.js';
import { loadLibc, type Libc } from './libc.js';
import { PacketSocket } from './packet-socket.js';
import { TapDevice } from './tap-device.js';

/** Longest sleep: bounds how late a thread notices that it is to end. */
const SLEEP_MS = 50;
/** How often an interface that is down is looked for. */
const REATTACH_MS = 200;
/** Empty looks at the ring before sleeping: a reply is often close behind. */
const SPINS = 50;

export async function serveInterface(backend: InterfaceBackend, host: PortThread): Promise<void> {
  const libc = await loadLibc();
  const io = backend.kind === 'af-packet' ? new PacketSocket(libc, backend.descriptor, backend.interface, backend.interfaceIndex) : new TapDevice(libc, backend.descriptor);
  const linkType = backend.kind === 'tun' ? LinkType.raw : LinkType.ethernet;
  if (host.thread.half === 'receive') receive(libc, io, linkType, backend, host);
  else send(libc, io, linkType, host);
}

function receive(libc: Libc, io: FrameIo, linkType: number, { interface: name, keepsChecksums, keepsLong }: InterfaceBackend, host: PortThread): void {
  const { shared, thread, sleeper, phase } = host;
  const end = new ReceivingEnd(shared, thread.rings);
  const receiver = new FrameReceiver(libc, io, end, new PortLedger(shared.control, thread.countersOffset), { linkType, keepsChecksums, keepsLong, gate: null });
  host.ready();
  let isUp = true;
  while (phase() === RunState.running) {
    if (end.refill() === 0) {
      sleeper.announce();
      if (end.hasFill) sleeper.cancel();
      else sleeper.wait(SLEEP_MS);
      continue;
    }
    const count = receiver.poll(Date.now());
    if (count >= 0 && isUp) continue;
    if (isUp) host.tell(false, `the interface '${name}' is down or gone (error ${-count}); the port waits for it`);
    isUp = io.reattach();
    if (isUp) host.tell(true, `the interface '${name}' is there again`);
    else sleeper.pause(REATTACH_MS);
  }
  end.end();
  while (phase() !== RunState.stopped) sleeper.pause(SLEEP_MS);
}

function send(libc: Libc, io: FrameIo, linkType: number, { shared, thread, sleeper, phase, ready }: PortThread): void {
  const end = new SendingEnd(shared, thread.rings);
  const sender = new FrameSender(libc, io, end, linkType);
  ready();
  const work = { poll: () => sender.poll(), hasWork: () => end.hasPackets, flush: () => undefined };
  pollLoop(work, sleeper, () => phase() === RunState.stopped, SPINS);
}
