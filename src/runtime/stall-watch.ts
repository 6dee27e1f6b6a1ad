/**
 * Finds network functions that do not come back, by journals that stand still. Main thread; whoever works learns nothing of it.
 */
import { Chore, Journal } from '../vnic/journal.js';
import { RingProducer } from '../ring/spsc-ring.js';
import type { Layout } from './layout.js';

/** Between two looks at the journals: a little less than the main thread, which looks, sleeps at most (`Listener`). */
const LOOK_EVERY_MS = 240;
/** So many looks that find the same are a second in which the machine ran: a process that was suspended has had no looks. */
const LOOKS = 4;

/** What a function is doing. */
export type Doing = 'packet' | 'update' | 'expire' | 'create';

/** A network function at something. */
export interface Culprit {
  readonly vm: string;
  readonly chain: string;
  /** Null: it waits for packets. */
  readonly doing: Doing | null;
}

export interface AtWork {
  /** Of the functions in the VM, in the order of the forward path. */
  readonly stage: number;
  readonly doing: Doing;
}

/** A VM as it is seen at one moment: what it does, and a text that differs when it has come any further. */
interface Sight extends AtWork {
  readonly mark: string;
}

export class StallWatch {
  readonly #journals: readonly Journal[];
  readonly #layout: Layout;
  readonly #seen: { sight: Sight | null; looks: number }[];
  #lastLookMs = 0;

  constructor(layout: Layout) {
    const { shared, vms } = layout;
    this.#layout = layout;
    this.#journals = vms.map(({ journalOffset }) => new Journal(shared.control, journalOffset));
    this.#seen = vms.map(() => ({ sight: null, looks: 0 }));
  }

  /** Looks when it is time to. @returns VMs that are found not to come back, each once for each time. */
  look(nowMs: number): number[] {
    if (nowMs - this.#lastLookMs < LOOK_EVERY_MS) return [];
    this.#lastLookMs = nowMs;
    return this.#seen.flatMap((seen, vm) => {
      const sight = this.#sight(vm);
      seen.looks = sight !== null && sight.mark === seen.sight?.mark ? seen.looks + 1 : 0;
      seen.sight = sight;
      return seen.looks === LOOKS ? [vm] : [];
    });
  }

  /** VMs that have been at the same thing for a second and more. */
  stalled(): number[] {
    return this.#seen.flatMap(({ looks }, vm) => (looks >= LOOKS && this.#sight(vm)?.mark === this.#seen[vm].sight?.mark ? [vm] : []));
  }

  /** What one of its functions does now; null: it waits. */
  atWork(vm: number): AtWork | null {
    return this.#sight(vm);
  }

  #sight(vm: number): Sight | null {
    const journal = this.#journals[vm];
    const { chores } = journal;
    if ((chores & 1) === 1) return { stage: journal.choreStage, doing: journal.chore === Chore.update ? 'update' : 'expire', mark: `chore ${chores}` };
    // An end of a ring reads its index when it is made, once.
    const returned = new RingProducer(this.#layout.shared.control, this.#layout.vms[vm].vnic.tx).producerIndex;
    if (!journal.recover(returned).inHand) return null;
    return { stage: journal.stage, doing: 'packet', mark: `packet ${journal.input} ${journal.index} ${returned} ${journal.stage}` };
  }
}
