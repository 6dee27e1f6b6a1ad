/** Puts another configuration in force under traffic: one change after the other. Main thread. */
import type { ManagerMessage } from '../packet-manager/messages.js';
import type { VmMessage } from '../vm/vm.js';
import { planConfiguration, type CheckOptions } from './check.js';
import { comparePlans, type Changes } from './compare-plans.js';
import type { Configuration } from './configuration.js';
import type { EventDesk } from './event-desk.js';
import { pathRows, type Layout } from './layout.js';
import type { Mailboxes } from './mailboxes.js';
import { Findings } from './place.js';
import type { Plan } from './plan.js';
import { ConfigurationError } from './problems.js';
import type { Watches } from './watch/watches.js';
import type { Workers } from './workers.js';

/** What of a runtime it works on. */
interface Parts {
  readonly layout: Layout;
  readonly desk: EventDesk;
  readonly mailboxes: Mailboxes;
  readonly workers: Workers;
  readonly watches: Watches;
  /** Ends a VM whose functions take too long to be created, and the run with it, unless what it returns is called before. */
  readonly watchCreation: (vm: number) => () => void;
  /** The runtime ends, or has ended. */
  readonly isEnding: () => boolean;
}

export class Applier {
  readonly #parts: Parts;
  readonly #check: CheckOptions;
  /** VMs that were told to end, to be replaced. */
  readonly #leaving = new Set<number>();
  #plan: Plan;
  #last: Promise<unknown> = Promise.resolve();

  constructor(plan: Plan, check: CheckOptions, parts: Parts) {
    this.#plan = plan;
    this.#check = check;
    this.#parts = parts;
  }

  /** What is in force. */
  get plan(): Plan {
    return this.#plan;
  }

  isLeaving(vm: number): boolean {
    return this.#leaving.has(vm);
  }

  /** Settles when no change is under way. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** After the changes that are under way. Errors as `Runtime.apply`. */
  async apply(configuration: Configuration, options: CheckOptions): Promise<Changes> {
    const { desk } = this.#parts;
    const turn = this.#last
      .then(() => this.#applyNow(configuration, options))
      .catch((error: unknown) => {
        // Why the runtime ended says more than that it did.
        throw desk.failure !== null && !(error instanceof ConfigurationError) ? new Error(desk.failure.message) : error;
      });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #applyNow(configuration: Configuration, options: CheckOptions): Promise<Changes> {
    const { layout, desk, mailboxes, watches } = this.#parts;
    const next = await planConfiguration(configuration, { ...this.#check, ...options });
    if (this.#isOver) throw new Error('the runtime is over');
    const difference = comparePlans(this.#plan, next, new Findings(options.source ?? null));
    const changes: Changes = { updated: [], replaced: [], paths: difference.paths, spread: difference.spread };
    for (const at of difference.functions) {
      const { name, options: newOptions } = next.functions[at];
      const vm = next.vms.findIndex(({ functions }) => functions.includes(at));
      if (desk.takesUpdates[at]) {
        const answer = desk.answerOf(`updated ${at}`);
        const message: VmMessage = { type: 'update', function: next.vms[vm].functions.indexOf(at), options: newOptions };
        await Promise.all([answer, mailboxes.toVm(vm, message)]);
        changes.updated.push(name);
      } else {
        await this.#replace(vm, at, newOptions);
        changes.replaced.push(name);
      }
      this.#assertAlive();
      layout.functions[at].options = newOptions;
    }
    if (difference.paths || difference.spread) {
      const paths = pathRows(next);
      await watches.replacePaths(paths);
      const answer = desk.answerOf('paths-replaced');
      await Promise.all([answer, mailboxes.toManager({ type: 'paths', paths })]);
      this.#assertAlive();
    }
    this.#plan = next;
    return changes;
  }

  get #isOver(): boolean {
    return this.#parts.isEnding() || this.#parts.desk.finalCensus !== null;
  }

  /** A change that a thread did not survive is no success. */
  #assertAlive(): void {
    const { desk } = this.#parts;
    if (desk.failure !== null) throw new Error(desk.failure.message);
    if (desk.finalCensus !== null) throw new Error('the runtime ended before the change was made');
  }

  /** Ends a VM's thread and puts a new one in its place, with a function's new options: mark, drain, acknowledge, re-point, resume. */
  async #replace(at: number, changed: number, options: unknown): Promise<void> {
    const { layout, desk, mailboxes, workers, watchCreation } = this.#parts;
    const tell = async (message: ManagerMessage, answer?: string): Promise<void> => {
      const answered = answer === undefined ? Promise.resolve() : desk.answerOf(answer);
      await Promise.all([answered, mailboxes.toManager(message)]);
    };
    await tell({ type: 'quiesce', vm: at }, `quiesced ${at}`);
    this.#leaving.add(at);
    await workers.endVm(at);
    this.#leaving.delete(at);
    await tell({ type: 'repoint', vm: at, vnic: layout.vms[at].vnic }, `repointed ${at}`);
    layout.functions[changed].options = options;
    const standing = layout.vms[at].functions.map(({ index }) => desk.answerOf(`standing ${index}`));
    // Whatever changes were under way: no thread may come to life that nobody will end, and no packet wait for one.
    if (this.#isOver) {
      void tell({ type: 'vm-gone', vm: at });
      throw new Error('the runtime is over');
    }
    for (const { index } of layout.vms[at].functions) desk.takesUpdates[index] = undefined;
    workers.beginVm(at);
    // Packets for it wait meanwhile.
    const unwatch = watchCreation(at);
    try {
      await Promise.race([Promise.all(standing), workers.vmEnded(at)]);
    } finally {
      unwatch();
    }
    await tell({ type: 'resume', vm: at });
  }
}
