/** What a thread of a live port does from its start to its end, for each kind of port. */
import { RunState } from '../../memory/shared-spec.js';
import { Sleeper } from '../../ring/doorbell.js';
import { waitAsync } from '../../ring/wait-async.js';
import { announce } from '../router/announce.js';
import { legOf, startEgress, startGate } from '../router/start-leg.js';
import { UdpTunnelPort } from '../tunnel/udp-tunnel-port.js';
import { Vxlan } from '../tunnel/vxlan.js';
import type { LiveBackend, VxlanBackend } from './backend.js';
import { PortLedger } from './port-ledger.js';
import type { PortThread } from './port-thread.js';
import { ReceivingEnd, SendingEnd } from './ring-ends.js';

/** Longest sleep: bounds how late a thread notices that it is to end. */
const SLEEP_MS = 50;

/** How often it is asked how long the event loop was busy. */
const LOOK_MS = 100;

/** Serves until the runtime has stopped. @throws when the port cannot be opened. */
export async function servePort(backend: LiveBackend, host: PortThread): Promise<void> {
  if (backend.kind === 'vxlan') await serveTunnel(backend, host);
  // Their modules need koffi, which need not be there for a tunnel.
  else if (backend.kind === 'af-xdp') await (await import('./native/xdp/serve-xdp.js')).serveXdp(backend, host);
  else await (await import('./native/serve-interface.js')).serveInterface(backend, host);
}

/** An event loop waits for datagrams and for the doorbell. */
async function serveTunnel(backend: VxlanBackend, { shared, thread, sleeper, ready, phase }: PortThread): Promise<void> {
  const receiving = new ReceivingEnd(shared, thread.rings);
  const sending = new SendingEnd(shared, thread.rings);
  const encapsulation = new Vxlan(backend.vni);
  const port = new UdpTunnelPort(backend, encapsulation, receiving, sending, new PortLedger(shared.control, thread.countersOffset));
  const leg = legOf(backend.legs, thread);
  const egress = leg === null ? null : startEgress(leg, shared, thread, sending, encapsulation.linkType, port);
  if (leg !== null && egress !== null) port.route(startGate(leg, shared, thread, receiving, encapsulation.linkType, port), egress);
  await port.open();
  ready();
  port.listen();
  if (leg !== null) announce(leg.leg, port);
  const busyMs = new Float64Array(shared.control, thread.busyOffset, 1);
  let lookMs = 0;
  let ended = false;
  while (phase() !== RunState.stopped) {
    if (!ended && phase() === RunState.draining) {
      ended = true;
      port.deafen();
      receiving.end();
    }
    const now = performance.now();
    if (now >= lookMs) {
      lookMs = now + LOOK_MS;
      busyMs[0] = performance.eventLoopUtilization().active;
      if (!ended) port.countOverflow(now);
    }
    if ((await port.transmit()) > 0) continue;
    sleeper.announce();
    if (sending.hasPackets || egress?.hasWork === true) sleeper.cancel();
    else await waitAsync(sleeper.word, 0, Sleeper.asleep, Math.min(SLEEP_MS, egress?.restMs ?? SLEEP_MS));
    sleeper.cancel();
  }
  await port.close();
}
