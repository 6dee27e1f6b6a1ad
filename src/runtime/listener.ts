/** How the main thread listens to all others: it sleeps on its doorbell, and takes what waits for it. Main thread. */
import { Bell, Sleeper } from '../ring/doorbell.js';
import { waitAsync } from '../ring/wait-async.js';
import type { EveLog } from './eve/eve-log.js';
import type { EventDesk } from './event-desk.js';
import type { Failures } from './failures.js';
import type { Layout } from './layout.js';
import type { Mailboxes } from './mailboxes.js';
import type { QueuePort } from './queue-port.js';
import type { StallWatch } from './stall-watch.js';
import type { Watches } from './watch/watches.js';
import type { WriteFailures } from './write-failures.js';

/**
 * How long the main thread sleeps at most when nothing rings. Each time it wakes it takes a quarter to half a millisecond of a core: where all cores
 * are busy, of one on which packets are worked on.
 */
const MAIN_SLEEP_MS = 250;
/**
 * The same where flows that have ended are written to a log as they end. There may be thousands a second, so nobody rings for one of them: the packet
 * manager rings when a ring of events fills.
 */
const SLEEP_WITH_EVE_MS = 100;

/** What of a run it works on. */
interface Parts {
  readonly layout: Layout;
  readonly desk: EventDesk;
  readonly eve: EveLog | null;
  readonly failures: Failures;
  readonly stalls: StallWatch;
  readonly writeFailures: WriteFailures;
  readonly watches: Watches;
  readonly mailboxes: Mailboxes;
  readonly queuePorts: readonly QueuePort[];
}

export class Listener {
  readonly #parts: Parts;
  readonly #sleeper: Sleeper;
  readonly #bell: Bell;
  readonly #sleepMs: number;

  constructor(parts: Parts) {
    const { control, mainDoorbellOffset } = parts.layout.shared;
    this.#parts = parts;
    this.#sleeper = new Sleeper(control, mainDoorbellOffset);
    this.#bell = new Bell(control, mainDoorbellOffset);
    this.#sleepMs = parts.eve === null ? MAIN_SLEEP_MS : SLEEP_WITH_EVE_MS;
  }

  /** Listens and sleeps in turn; settles when it is done, which is asked after each turn. */
  async listenUntil(done: () => boolean): Promise<void> {
    for (;;) {
      this.listen();
      if (done()) return;
      this.#sleeper.announce();
      const moved = this.listen();
      if (done()) break;
      if (moved === 0) await waitAsync(this.#sleeper.word, 0, Sleeper.asleep, this.#sleepMs);
      else await Promise.resolve();
      this.#sleeper.cancel();
    }
    this.#sleeper.cancel();
  }

  /** Something has changed that no other thread rings for. */
  wake(): void {
    this.#bell.ring();
  }

  /** Takes everything that waits for the main thread, once. @returns how much that was. */
  listen(): number {
    const { desk, eve, failures, stalls, writeFailures, watches, mailboxes, queuePorts } = this.#parts;
    let work = desk.drain();
    for (const vm of stalls.look(performance.now())) desk.stalled(failures.at(vm));
    if (work === 0) eve?.flush();
    const watched = watches.drain();
    // Ingress may be waiting for either.
    if (work + watched > 0) mailboxes.ringManager();
    work += watched;
    for (const failure of writeFailures.news()) desk.writeFailed(failure);
    for (const port of queuePorts) work += port.pump();
    return work + mailboxes.deliver();
  }
}
