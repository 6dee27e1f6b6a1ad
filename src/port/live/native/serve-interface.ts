/** What the two threads of a port on an interface do: one receives, one sends, each blocks in the system by itself. */
import { RunState } from '../../../memory/shared-spec.js';
import { LinkType } from '../../../memory/slot-layout.js';
import { pollLoop } from '../../../ring/poll-loop.js';
import type { InterfaceBackend } from '../backend.js';
import { PortLedger } from '../port-ledger.js';
import type { PortThread } from '../port-thread.js';
import { ReceivingEnd, SendingEnd } from '../ring-ends.js';
import type { FrameIo } from './frame-io.js';
import { announce } from '../../router/announce.js';
import { legOf, startEgress, startGate } from '../../router/start-leg.js';
import { NativeOutlet } from './frame-outlet.js';
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
  else send(libc, io, linkType, backend, host);
}

function receive(libc: Libc, io: FrameIo, linkType: number, { interface: name, keepsChecksums, keepsLong, legs }: InterfaceBackend, host: PortThread): void {
  const { shared, thread, sleeper, phase } = host;
  const end = new ReceivingEnd(shared, thread.rings);
  const ledger = new PortLedger(shared.control, thread.countersOffset);
  const leg = legOf(legs, thread);
  const outlet = new NativeOutlet(libc, io, end.region.bytes, ledger);
  const gate = leg === null ? null : startGate(leg, shared, thread, end, linkType, outlet);
  const receiver = new FrameReceiver(libc, io, end, ledger, { linkType, keepsChecksums, keepsLong, gate });
  const greet = (): void => {
    if (leg !== null && linkType === LinkType.ethernet) announce(leg.leg, outlet);
  };
  host.ready();
  greet();
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
    if (isUp) {
      host.tell(true, `the interface '${name}' is there again`);
      greet();
    } else sleeper.pause(REATTACH_MS);
  }
  end.end();
  while (phase() !== RunState.stopped) sleeper.pause(SLEEP_MS);
}

function send(libc: Libc, io: FrameIo, linkType: number, { legs }: InterfaceBackend, { shared, thread, sleeper, phase, ready }: PortThread): void {
  const end = new SendingEnd(shared, thread.rings);
  const leg = legOf(legs, thread);
  const outlet = leg === null ? null : new NativeOutlet(libc, io, end.region.bytes, new PortLedger(shared.control, thread.countersOffset));
  const egress = leg === null || outlet === null ? null : startEgress(leg, shared, thread, end, linkType, outlet);
  const sender = new FrameSender(libc, io, end, egress ?? end, linkType);
  ready();
  const work = {
    poll: () => sender.poll(),
    hasWork: () => (egress === null ? end.hasPackets : egress.hasWork),
    restMs: () => egress?.restMs ?? Infinity,
    flush: () => undefined,
  };
  pollLoop(work, sleeper, () => phase() === RunState.stopped, SPINS);
}
