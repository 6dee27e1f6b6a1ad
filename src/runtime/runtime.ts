/** A running chain, seen from the main thread: what its user may ask of it. How it lives is in lifecycle.ts. Never on the data path. */
import type { Census } from '../packet-manager/census.js';
import type { ManagerMessage } from '../packet-manager/messages.js';
import { Direction } from '../memory/slot-layout.js';
import type { ServiceRow } from '../packet-manager/service-table.js';
import type { CheckOptions } from './check.js';
import type { Changes } from './compare-plans.js';
import type { Configuration } from './configuration.js';
import type { EveLog } from './eve/eve-log.js';
import type { Layout } from './layout.js';
import { Lifecycle } from './lifecycle.js';
import type { OpenPorts } from './open-ports.js';
import type { Plan } from './plan.js';
import type { QueuePort } from './queue-port.js';
import type { CounterReport, Report } from './report.js';
import type { Culprit } from './stall-watch.js';
import { StartError } from './start-error.js';
import type { StartOptions } from './start-options.js';
import type { Tap, TapOptions } from './watch/tap.js';
import type { Watches } from './watch/watches.js';

/** How long a drain may take before the VMs are ended. */
export const DEFAULT_DRAIN_MS = 5000;

/** What serves the runtime to others, as it is seen from here: services.ts. */
interface Services {
  readonly control: { name: string; path: string } | null;
  readonly metrics: string | null;
  serve(runtime: Runtime): void;
  close(): Promise<void>;
}

export class Runtime implements AsyncDisposable {
  /** Settles with the last report once every port is exhausted, or `stop()` was called, or something failed; nothing is open any more. */
  readonly finished: Promise<Report>;
  /** @internal The same, a little earlier: what serves the runtime to others is still open. */
  readonly reported: Promise<Report>;
  readonly #life: Lifecycle;
  #services: Services | null = null;

  /** @internal Use `start`. */
  constructor(plan: Plan, layout: Layout, openPorts: OpenPorts, queuePorts: ReadonlyMap<string, QueuePort>, options: StartOptions, eve: EveLog | null, watches: Watches) {
    this.#life = new Lifecycle(plan, layout, openPorts, queuePorts, options, eve, watches);
    this.reported = this.#life.reported;
    this.finished = this.#closedAfter(this.reported);
    this.reported.catch(() => undefined);
    // Whoever does not wait for `finished` learns of a failure from `stop()`; it is not an unhandled rejection.
    this.finished.catch(() => undefined);
  }

  async #closedAfter(reported: Promise<Report>): Promise<Report> {
    try {
      return await reported;
    } finally {
      await this.#services?.close();
    }
  }

  /** @internal Serves it to others, until it has ended. */
  serveBy(services: Services): void {
    this.#services = services;
    services.serve(this);
  }

  /** @internal What runs. */
  get plan(): Plan {
    return this.#life.applier.plan;
  }

  /** Name and path of the control socket; null: there is none. */
  get control(): { name: string; path: string } | null {
    return this.#services?.control ?? null;
  }

  /** Where metrics are served, as `http://127.0.0.1:9100`; null: nowhere. */
  get metrics(): string | null {
    return this.#services?.metrics ?? null;
  }

  /** @internal Settles when packets flow. @throws when a network function cannot be created. */
  async ready(): Promise<void> {
    await Promise.race([this.#life.allReady, this.finished.then((report) => { throw new StartError(report.error ?? { message: 'the runtime ended before it was ready' }); })]);
  }

  /** The report as of now. */
  stats(): Report {
    return this.#life.reporter.stats();
  }

  /** The part of the report that is read from counters alone: cheap enough for every second, however many flows there are. */
  counters(): CounterReport {
    return this.#life.reporter.counters();
  }

  /** Connections that are known now. Looks at each place of the table: milliseconds, with a million of them tens of milliseconds. */
  connections(): number {
    return this.#life.isOver ? 0 : this.#life.reporter.connections();
  }

  /** Asks the manager for a census: where every slot is at one moment. Safe at any time, also under load. */
  async audit(): Promise<Census> {
    const { isOver, desk, workers, mailboxes } = this.#life;
    if (isOver || !workers.hasManager) {
      if (desk.finalCensus !== null) return desk.finalCensus;
      throw new Error('there is no census: the runtime never ran');
    }
    const { id, answer } = desk.expectCensus();
    void mailboxes.toManager({ type: 'census', id });
    return answer;
  }

  /** @internal Network functions that do not come back. */
  stalled(): Culprit[] {
    const { isOver, stalls, failures } = this.#life;
    return isOver ? [] : stalls.stalled().map((vm) => failures.at(vm));
  }

  /** Names of the links of the paths, such as `inside>firewall`: what can be tapped. */
  get links(): readonly string[] {
    return this.#life.watches.links;
  }

  /**
   * Taps a link: shows the packets on it, as its near end let them go or dropped them (docs/watching.md). The chain never
   * waits for a reader; what finds no room is skipped and counted.
   * @returns the tap, once it sees packets.
   * @throws Error when there is no such link, ConfigurationError when the filter has mistakes, RangeError for impossible sizes.
   */
  async tap(link: string, options: TapOptions = {}): Promise<Tap> {
    if (this.#life.isOver) throw new Error('the runtime is over');
    return this.#life.watches.tap(link, options);
  }

  /**
   * The service flow table of direct routing: one table for all chains with `routing: 'mesh'`, of which each VM holds the
   * rows that are its own.
   */
  async serviceTable(): Promise<ServiceRow[]> {
    const answer = this.#life.desk.serviceTable();
    void this.#life.mailboxes.toManager({ type: 'service-table' });
    return answer;
  }

  /**
   * Takes a row out of a VM's share, or puts it back. Without it, the VM's packets of that route go to the manager, which
   * hands them on: slower, and seen. The route is at rest for the moment of the change, so no packet overtakes another.
   * @throws Error when there is no such row.
   */
  async editServiceTable({ route, direction, vm }: Pick<ServiceRow, 'route' | 'direction' | 'vm'>, change: 'remove' | 'restore'): Promise<void> {
    const { layout, desk, mailboxes } = this.#life;
    const index = layout.vms.findIndex(({ name }) => name === vm);
    if (index < 0) throw new Error(`there is no VM '${vm}', only ${layout.vms.map(({ name }) => name).join(', ')}`);
    const answer = desk.serviceRow();
    const message: ManagerMessage = { type: 'service-row', route, direction: Direction[direction], vm: index, isPresent: change === 'restore' };
    const [found] = await Promise.all([answer, mailboxes.toManager(message)]);
    if (!found) throw new Error(`there is no row for route ${route}, ${direction}, in the share of '${vm}'`);
  }

  /**
   * Puts another configuration in force under traffic. Computes the difference and changes only that: new options go to
   * network functions that take them; others are replaced, their packets waiting meanwhile; new service paths hold for
   * packets that arrive from then on, while packets in flight finish on the old ones. No packet is lost.
   * @returns what was changed.
   * @throws ConfigurationError when the new configuration has mistakes, or wants a change that needs a restart. Nothing is
   * changed then.
   */
  async apply(configuration: Configuration, options: CheckOptions = {}): Promise<Changes> {
    return this.#life.applier.apply(configuration, options);
  }

  /**
   * Stops receiving, lets what is in flight go through, and ends all threads.
   * @param options `drainMs`: how long that may take, default 5000; then the VMs are ended where they are, and what they
   * held is dropped as `chain-stopped`. A function that has had one packet for a second then is the run's failure.
   * @returns the last report.
   */
  async stop({ drainMs = DEFAULT_DRAIN_MS }: { drainMs?: number } = {}): Promise<Report> {
    const { isOver, workers, ending } = this.#life;
    if (!isOver && workers.hasManager) this.finished.finally(ending.drain(drainMs)).catch(() => undefined);
    return this.finished;
  }

  /** @internal Ends a VM's worker wherever it is: for tests of what a crash leaves behind. */
  killVm(name: string): void {
    const { layout, workers } = this.#life;
    workers.kill(layout.vms.findIndex(({ functions }) => functions.some((each) => each.name === name)));
  }

  /** @internal The same for the threads of a live port. */
  killPort(name: string): void {
    this.#life.portThreads.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
