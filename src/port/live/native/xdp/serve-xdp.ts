/** What the two threads of an AF_XDP port do: one waits for frames in the system, one for packets to send at its doorbell. */
import { RunState } from '../../../../memory/shared-spec.js';
import { LinkType } from '../../../../memory/slot-layout.js';
import { pollLoop } from '../../../../ring/poll-loop.js';
import { announce } from '../../../router/announce.js';
import { legOf, startEgress, startGate } from '../../../router/start-leg.js';
import type { XdpBackend } from '../../backend.js';
import { PortLedger } from '../../port-ledger.js';
import type { PortThread } from '../../port-thread.js';
import { ReceivingEnd, SendingEnd } from '../../ring-ends.js';
import { NativeOutlet } from '../frame-outlet.js';
import { interfaceFacts } from '../interface-request.js';
import { loadLibc, type Libc } from '../libc.js';
import { PacketSocket } from '../packet-socket.js';
import { ADDRESS_WORDS, DESCRIPTOR_WORDS, KernelRingConsumer, KernelRingProducer } from './kernel-ring.js';
import { XdpReceiver } from './xdp-receiver.js';
import { XdpSender } from './xdp-sender.js';
import { XdpStatistics } from './xdp-socket.js';

/** Longest sleep: bounds how late a thread notices that it is to end. */
const SLEEP_MS = 50;
/** With so few slots left to the kernel, new ones are looked for every millisecond. */
const FEW_SLOTS = 64;
/** Empty looks at a ring before sleeping: the next frame is often close behind. */
const SPINS = 50;
/** How often it is looked whether the interface is up, while nothing arrives. */
const STATE_LOOK_MS = 200;
const POLLIN = 1;
const POLLOUT = 4;

export async function serveXdp(backend: XdpBackend, host: PortThread): Promise<void> {
  const libc = await loadLibc();
  if (host.thread.half === 'receive') receive(libc, backend, host);
  else send(libc, backend, host);
}

/** `struct pollfd`. */
function pollRequest(descriptor: number, events: number): Uint8Array {
  const request = new Uint8Array(8);
  const view = new DataView(request.buffer);
  view.setInt32(0, descriptor, true);
  view.setInt16(4, events, true);
  return request;
}

/** Answers and fragments of a leg go by a packet socket, as the tx ring has one producer; it is asked for the carrier too. */
function besideOf(libc: Libc, { outlet, interface: name, interfaceIndex }: XdpBackend): PacketSocket {
  return new PacketSocket(libc, outlet, name, interfaceIndex);
}

function receive(libc: Libc, backend: XdpBackend, { shared, thread, sleeper, phase, ready, tell }: PortThread): void {
  const { descriptor, rings, interface: name } = backend;
  const end = new ReceivingEnd(shared, thread.rings);
  const ledger = new PortLedger(shared.control, thread.countersOffset);
  const leg = legOf(backend.legs, thread);
  const beside = besideOf(libc, backend);
  const outlet = new NativeOutlet(libc, beside, end.region.bytes, ledger);
  const gate = leg === null ? null : startGate(leg, shared, thread, end, LinkType.ethernet, outlet);
  const fill = new KernelRingProducer(libc.view, rings.fill, ADDRESS_WORDS);
  const receiver = new XdpReceiver(end, ledger, fill, new KernelRingConsumer(libc.view, rings.rx, DESCRIPTOR_WORDS), new XdpStatistics(libc, descriptor), { keepsChecksums: backend.keepsChecksums, gate });
  const request = pollRequest(descriptor, POLLIN);
  ready();
  receiver.begin();
  if (leg !== null) announce(leg.leg, outlet);
  const busyMs = new Float64Array(shared.control, thread.busyOffset, 1);
  let isUp = true;
  let then = Date.now();
  let lookMs = 0;
  let idle = 0;
  while (phase() === RunState.running) {
    const now = Date.now();
    // As in the loop of other threads: what was waited for was not worked.
    if (idle === 0 && now > then) busyMs[0] += now - then;
    then = now;
    if (receiver.poll(now) > 0) {
      idle = 0;
      continue;
    }
    if (++idle < SPINS) continue;
    if (receiver.lent === 0) {
      sleeper.announce();
      if (end.hasFill) sleeper.cancel();
      else sleeper.wait(SLEEP_MS);
    } else libc.poll(request, 1, receiver.lent < FEW_SLOTS ? 1 : SLEEP_MS);
    if (now < lookMs) continue;
    lookMs = now + STATE_LOOK_MS;
    const facts = interfaceFacts(libc, backend.outlet, name);
    // One that was made anew has another index, and the socket is not on it.
    const up = facts !== null && facts.up && facts.index === backend.interfaceIndex;
    if (up === isUp) continue;
    isUp = up;
    const outage = isUp || facts?.index !== backend.interfaceIndex ? null : beside.outage();
    if (isUp) tell(true, `the interface '${name}' is there again`);
    else if (outage === null) tell(false, `the interface '${name}' is down or gone; when it is made anew, Millrace has to be started anew too`);
    else tell(false, `the interface '${name}' ${outage}; the port waits for it`);
    if (isUp && leg !== null) announce(leg.leg, outlet);
  }
  // What has arrived by now is received; what arrives later is not.
  for (let left = receiver.lent; left > 0; ) {
    const count = receiver.poll(Date.now());
    if (count === 0) break;
    left -= count;
  }
  receiver.askForDropped(Date.now());
  end.end();
  while (phase() !== RunState.stopped) sleeper.pause(SLEEP_MS);
}

function send(libc: Libc, backend: XdpBackend, { shared, thread, sleeper, phase, ready }: PortThread): void {
  const { descriptor, rings, mtu, sums } = backend;
  const end = new SendingEnd(shared, thread.rings);
  const leg = legOf(backend.legs, thread);
  const beside = besideOf(libc, backend);
  const outlet = leg === null ? null : new NativeOutlet(libc, beside, end.region.bytes, new PortLedger(shared.control, thread.countersOffset));
  const egress = leg === null || outlet === null ? null : startEgress(leg, shared, thread, end, LinkType.ethernet, outlet);
  const request = pollRequest(descriptor, POLLOUT);
  const tx = new KernelRingProducer(libc.view, rings.tx, DESCRIPTOR_WORDS);
  const completion = new KernelRingConsumer(libc.view, rings.completion, ADDRESS_WORDS);
  const sender = new XdpSender(libc, end, egress ?? end, tx, completion, { descriptor, mtu, sums, isOut: () => beside.outage() !== null, wait: () => { libc.poll(request, 1, 1); } });
  ready();
  const work = {
    poll: () => sender.poll(),
    hasWork: () => (egress === null ? end.hasPackets : egress.hasWork),
    // The kernel does not ring when it has sent something.
    restMs: () => Math.min(sender.sending > 0 ? 1 : Infinity, egress?.restMs ?? Infinity),
    flush: () => undefined,
  };
  pollLoop(work, sleeper, () => phase() === RunState.stopped, { spins: SPINS, napBelow: 0, sleeps: true }, new Float64Array(shared.control, thread.busyOffset, 1));
}
