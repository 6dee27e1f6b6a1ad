/** What the two threads of a port on an interface do: one receives, one sends, each blocks in the system by itself. */
import { RunState } from '../../../memory/shared-spec.js';
import { pollLoop } from '../../../ring/poll-loop.js';
import type { InterfaceBackend } from '../backend.js';
import type { PortThread } from '../port-thread.js';
import { detectDuplicates } from './detect-duplicates.js';
import { REATTACH_MS, ReceivingHalf, SendingHalf } from './interface-halves.js';
import { loadLibc } from './libc.js';

/** Longest sleep: bounds how late a thread notices that it is to end. */
const SLEEP_MS = 50;
/** Empty looks at the ring before sleeping: a reply is often close behind. */
const SPINS = 100;

export async function serveInterface(backend: InterfaceBackend, host: PortThread): Promise<void> {
  const libc = await loadLibc();
  if (host.thread.half === 'receive') {
    const half = new ReceivingHalf(libc, backend, host);
    const conflict = half.candidate === null ? null : detectDuplicates(libc, [half.candidate])[0];
    if (conflict !== null) throw new Error(conflict);
    receive(half, host);
  }
  else send(new SendingHalf(libc, backend, host), host);
}

function receive(half: ReceivingHalf, { shared, thread, sleeper, phase, ready }: PortThread): void {
  const { end } = half;
  const busyMs = new Float64Array(shared.control, thread.busyOffset, 1);
  let mayWait = true;
  ready();
  if (phase() === RunState.running) half.greet();
  while (phase() === RunState.running) {
    if (end.refill() === 0) {
      half.starve(Date.now());
      sleeper.announce();
      if (end.hasFill) sleeper.cancel();
      else sleeper.wait(SLEEP_MS);
      continue;
    }
    const beganMs = performance.now();
    const count = half.poll(Date.now(), mayWait);
    // Time in which it waited is none in which it worked.
    if (count > 0) busyMs[0] += performance.now() - (mayWait ? half.waitedUntilMs : beganMs);
    mayWait = count === 0;
    if (!half.isUp) sleeper.pause(REATTACH_MS);
  }
  half.finish();
  while (phase() !== RunState.stopped) sleeper.pause(SLEEP_MS);
}

function send(half: SendingHalf, { shared, thread, sleeper, phase, ready }: PortThread): void {
  ready();
  pollLoop(half, sleeper, () => phase() === RunState.stopped, { spins: SPINS, napBelow: 0, sleeps: true }, new Float64Array(shared.control, thread.busyOffset, 1));
}
