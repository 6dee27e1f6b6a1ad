/**
 * A running chain, seen from the main thread: it starts the threads, listens to them, serves statistics and ends them.
 * It is never on the data path.
 */
import { ConnectionTable } from '../flow/connection-table.js';
import { releaseControl } from '../memory/control-memory.js';
import { releaseRegion } from '../memory/region.js';
import type { Census } from '../packet-manager/census.js';
import type { ManagerMessage } from '../packet-manager/messages.js';
import { Direction } from '../memory/slot-layout.js';
import type { ServiceRow } from '../packet-manager/service-table.js';
import { Bell, Sleeper } from '../ring/doorbell.js';
import { waitAsync } from '../ring/wait-async.js';
import type { EveLog } from './eve/eve-log.js';
import { Workers } from './workers.js';
import { EventDesk } from './event-desk.js';
import { Applier } from './applier.js';
import type { CheckOptions } from './check.js';
import type { Changes } from './compare-plans.js';
import type { Configuration } from './configuration.js';
import type { DescribedFlow } from './flow-log.js';
import { Failures, reasonOf } from './failures.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import type { OpenPorts } from './open-ports.js';
import { PortThreads, portFailure } from './port-threads.js';
import { Mailboxes } from './mailboxes.js';
import type { QueuePort } from './queue-port.js';
import { snapshotCounters, snapshotReport } from './snapshot.js';
import type { CounterReport, Report } from './report.js';
import { RunPhase } from './run-phase.js';
import { WriteFailures, describeWriteFailure, type WriteFailure } from './write-failures.js';
import { StallWatch, type Culprit } from './stall-watch.js';
import { DEFAULT_START_TIMEOUT_MS, StartError } from './start-error.js';
import type { StartOptions } from './start-options.js';
import type { Tap, TapOptions } from './watch/tap.js';
import type { Watches } from './watch/watches.js';
import type { WatchSpec } from '../watch/watch-spec.js';

/** How long the main thread sleeps at most when nothing rings. */
const MAIN_SLEEP_MS = 100;
/** When it is told that a network function is not created yet: that takes a tenth of a second, with much to read a few. */
const CREATION_MS = 5000;
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
  readonly #layout: Layout;
  readonly #options: StartOptions;
  readonly #startTimeoutMs: number;
  readonly #workers: Workers;
  readonly #applier: Applier;
  readonly #phase: RunPhase;
  readonly #queuePorts: QueuePort[];
  readonly #desk: EventDesk;
  readonly #eve: EveLog | null;
  readonly #stalls: StallWatch;
  readonly #failures: Failures;
  readonly #writeFailures: WriteFailures;
  readonly #portThreads: PortThreads;
  readonly #mailboxes: Mailboxes;
  readonly #sleeper: Sleeper;
  readonly #watches: Watches;
  #startedAt = performance.now();
  #ending = false;
  #lastReport: Report | null = null;
  #services: Services | null = null;
  #connections: ConnectionTable | null = null;
  #over = false;

  /** @internal Use `start`. */
  constructor(plan: Plan, layout: Layout, openPorts: OpenPorts, queuePorts: ReadonlyMap<string, QueuePort>, options: StartOptions, eve: EveLog | null, watches: Watches) {
    const { shared, manager } = layout;
    this.#layout = layout;
    this.#options = options;
    this.#startTimeoutMs = options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS;
    this.#queuePorts = [...queuePorts.values()];
    this.#eve = eve;
    this.#watches = watches;
    watches.begin((specs) => this.#tellWatches(specs));
    this.#desk = new EventDesk(layout, options.onEvent, eve);
    this.#stalls = new StallWatch(layout);
    this.#failures = new Failures(layout, this.#desk, this.#stalls);
    this.#writeFailures = new WriteFailures([() => watches.failure, () => eve?.failure ?? null]);
    this.#mailboxes = new Mailboxes(shared.control, manager, layout.vms);
    this.#sleeper = new Sleeper(shared.control, shared.mainDoorbellOffset);
    for (const { name, rings } of manager.ports) if (rings !== undefined) queuePorts.get(name)?.attach(shared, rings);
    this.#portThreads = new PortThreads(openPorts, layout, plan.threads === 'separate', { died: (port, error) => { this.#portDied(port, error); }, state: (state) => { this.#desk.portState(state); } });
    this.#workers = new Workers(layout, this.#mailboxes, {
      vmEnded: (at, error) => { this.#vmEnded(at, error); },
      vmIsStuck: (at) => { this.#vmIsStuck(at); },
      portState: (state) => { this.#desk.portState(state); },
      portFailed: (port, message) => { this.#portDied(port, portFailure(plan.ports[port].name, message)); },
      portWriteFailed: (port, why) => { this.#desk.portWriteFailed(plan.ports[port], why); },
      managerEnded: (error) => { this.#managerEnded(error); },
    });
    this.#applier = new Applier(plan, options, { layout, desk: this.#desk, mailboxes: this.#mailboxes, workers: this.#workers, watches, watchCreation: (vm) => this.#watchCreation([vm], () => this.#failures.at(vm).doing !== 'create'), isEnding: () => this.#ending });
    this.#phase = new RunPhase(shared);
    this.reported = this.#live();
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
    return this.#applier.plan;
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
    await Promise.race([this.#allReady, this.finished.then((report) => { throw new StartError(report.error ?? { message: 'the runtime ended before it was ready' }); })]);
  }

  /** The report as of now. */
  stats(): Report {
    // When it is over, the memory that the figures are read from may belong to another run.
    return this.#lastReport ?? this.#report();
  }

  /** The part of the report that is read from counters alone: cheap enough for every second, however many flows there are. */
  counters(): CounterReport {
    return this.#lastReport ?? snapshotCounters(this.#applier.plan, this.#layout, this.#desk, performance.now() - this.#startedAt);
  }

  /** Connections that are known now. Looks at each place of the table: milliseconds, with a million of them tens of milliseconds. */
  connections(): number {
    if (this.#over) return 0;
    this.#connections ??= new ConnectionTable(this.#layout.shared.control, this.#layout.manager.connectionsOffset, this.#applier.plan.flows);
    return this.#connections.countEntries();
  }

  /** Asks the manager for a census: where every slot is at one moment. Safe at any time, also under load. */
  async audit(): Promise<Census> {
    if (this.#over || !this.#workers.hasManager) {
      if (this.#desk.finalCensus !== null) return this.#desk.finalCensus;
      throw new Error('there is no census: the runtime never ran');
    }
    const { id, answer } = this.#desk.expectCensus();
    void this.#mailboxes.toManager({ type: 'census', id });
    return answer;
  }

  /** @internal Network functions that do not come back. */
  stalled(): Culprit[] {
    return this.#over ? [] : this.#stalls.stalled().map((vm) => this.#failures.at(vm));
  }

  /** Names of the links of the paths, such as `inside>firewall`: what can be tapped. */
  get links(): readonly string[] {
    return this.#watches.links;
  }

  /**
   * Taps a link: shows the packets on it, as its near end let them go or dropped them (docs/watching.md). The chain never
   * waits for a reader; what finds no room is skipped and counted.
   * @returns the tap, once it sees packets.
   * @throws Error when there is no such link, ConfigurationError when the filter has mistakes, RangeError for impossible sizes.
   */
  async tap(link: string, options: TapOptions = {}): Promise<Tap> {
    if (this.#over) throw new Error('the runtime is over');
    return this.#watches.tap(link, options);
  }

  async #tellWatches(watches: readonly WatchSpec[]): Promise<void> {
    if (this.#over) return;
    await this.#mailboxes.toAll({ type: 'watch', watches });
  }

  /**
   * The service flow table of direct routing: one table for all chains with `routing: 'mesh'`, of which each VM holds the
   * rows that are its own.
   */
  async serviceTable(): Promise<ServiceRow[]> {
    const answer = this.#desk.serviceTable();
    void this.#mailboxes.toManager({ type: 'service-table' });
    return answer;
  }

  /**
   * Takes a row out of a VM's share, or puts it back. Without it, the VM's packets of that route go to the manager, which
   * hands them on: slower, and seen. The route is at rest for the moment of the change, so no packet overtakes another.
   * @throws Error when there is no such row.
   */
  async editServiceTable({ route, direction, vm }: Pick<ServiceRow, 'route' | 'direction' | 'vm'>, change: 'remove' | 'restore'): Promise<void> {
    const index = this.#layout.vms.findIndex(({ name }) => name === vm);
    if (index < 0) throw new Error(`there is no VM '${vm}', only ${this.#layout.vms.map(({ name }) => name).join(', ')}`);
    const answer = this.#desk.serviceRow();
    const message: ManagerMessage = { type: 'service-row', route, direction: Direction[direction], vm: index, isPresent: change === 'restore' };
    const [found] = await Promise.all([answer, this.#mailboxes.toManager(message)]);
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
    return this.#applier.apply(configuration, options);
  }

  /**
   * Stops receiving, lets what is in flight go through, and ends all threads.
   * @param options `drainMs`: how long that may take, default 5000; then the VMs are ended where they are, and what they
   * held is dropped as `chain-stopped`. A function that has had one packet for a second then is the run's failure.
   * @returns the last report.
   */
  async stop({ drainMs = DEFAULT_DRAIN_MS }: { drainMs?: number } = {}): Promise<Report> {
    if (!this.#over && this.#workers.hasManager) {
      this.#drainPorts();
      for (const port of this.#queuePorts) port.close();
      void this.#mailboxes.toManager({ type: 'drain' });
      const late = setTimeout(() => {
        const [stalled] = this.#stalls.stalled();
        if (stalled !== undefined && !this.#layout.vms[stalled].isInline) this.#desk.failure ??= this.#failures.ofStalled(stalled);
        this.#ending = true;
        for (const port of this.#queuePorts) port.abandon();
        this.#workers.killAll();
      }, drainMs);
      this.finished.finally(() => clearTimeout(late)).catch(() => undefined);
    }
    return this.finished;
  }

  /** @internal Ends a VM's worker wherever it is: for tests of what a crash leaves behind. */
  killVm(name: string): void {
    this.#workers.kill(this.#layout.vms.findIndex(({ functions }) => functions.some((each) => each.name === name)));
  }

  /** @internal The same for the threads of a live port. */
  killPort(name: string): void {
    this.#portThreads.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #resolveReady: () => void = () => undefined;
  readonly #allReady = new Promise<void>((resolve) => (this.#resolveReady = resolve));

  async #live(): Promise<Report> {
    const { shared, readyOffset } = this.#layout;
    const ready = new Int32Array(shared.control, readyOffset, 1);
    this.#workers.startManager(this.#applier.plan.ports, this.#portThreads.inlineHalves);
    const threads = this.#workers.threadCount + this.#portThreads.count;
    const unwatch = this.#watchCreation([...this.#layout.vms.keys()], () => Atomics.load(ready, 0) === threads); // (T)
    await this.#listenUntil(() => this.#desk.failure !== null || Atomics.load(ready, 0) === threads); // (T)
    unwatch();
    if (this.#desk.failure === null) {
      this.#startedAt = performance.now();
      this.#phase.run();
      this.#resolveReady();
      await this.#listenUntil(() => this.#desk.finalCensus !== null);
    }
    const durationMs = performance.now() - this.#startedAt;
    this.#ending = true;
    this.#portThreads.expectEnd();
    this.#phase.stop();
    this.#mailboxes.ringAll();
    if (this.#desk.failure !== null) this.#workers.killAll();
    // Whoever still waits to be heard finds the runtime over.
    this.#mailboxes.close();
    await this.#applier.settled();
    const workersEnded = this.#workers.allEnded();
    await Promise.all([workersEnded, this.#portThreads.ended(workersEnded)]);
    this.#listen();
    for (const port of this.#queuePorts) port.detach();
    this.#watches.finish();
    this.#over = true;
    this.#eve?.finish(this.#standingFlows());
    const report = this.#report(durationMs);
    this.#lastReport = report;
    releaseRegion(shared.region);
    releaseControl(shared.control);
    return report;
  }

  #drainPorts(): void {
    if (this.#layout.portThreads.length > 0) this.#phase.drain();
  }

  #portDied(port: number, error: Error): void {
    this.#desk.failure ??= { message: error.message, port: this.#applier.plan.ports[port].name };
    this.#drainPorts();
    for (const queue of this.#queuePorts) queue.close();
    if (this.#workers.hasManager && this.#desk.finalCensus === null) void this.#mailboxes.toManager({ type: 'port-died', port });
    this.#wakeSelf();
  }

  #vmIsStuck(at: number): void {
    this.#desk.failure ??= this.#failures.ofStalledInManager(this.#failures.inlineVmAtWork() ?? at);
  }

  /** It ends before it has taken its last census only when it failed. */
  #managerEnded(error: Error): void {
    this.#desk.drain();
    if (this.#desk.finalCensus !== null) return;
    this.#desk.failure ??= this.#failures.ofManager(error);
    this.#desk.conclude({ slots: this.#applier.plan.memory.slots, free: 0, vms: {}, meshes: {}, ports: {}, hops: 0, inFlight: 0, faults: [error.stack ?? error.message], balanced: false });
    this.#wakeSelf();
  }

  #vmEnded(at: number, error: Error | null): void {
    if ((this.#ending || this.#applier.isLeaving(at)) && error === null) return;
    // Which of its functions stand is told by events.
    this.#desk.drain();
    const message = reasonOf(error);
    if (!this.#ending) {
      this.#ending = true;
      this.#desk.failure ??= this.#failures.ofVm(at, error);
      // What is on its way to a reader that has gone must not keep the chain from ending.
      for (const port of this.#queuePorts) port.abandon();
      for (const port of this.#queuePorts) port.close();
      this.#drainPorts();
    }
    if (this.#workers.hasManager && this.#desk.finalCensus === null) void this.#mailboxes.toManager({ type: 'vm-died', vm: at, error: message });
    this.#wakeSelf();
  }

  // ---- listening

  async #listenUntil(done: () => boolean): Promise<void> {
    for (;;) {
      this.#listen();
      if (done()) return;
      this.#sleeper.announce();
      const moved = this.#listen();
      if (done()) break;
      if (moved === 0) await waitAsync(this.#sleeper.word, 0, Sleeper.asleep, MAIN_SLEEP_MS);
      else await Promise.resolve();
      this.#sleeper.cancel();
    }
    this.#sleeper.cancel();
  }

  #wakeSelf(): void {
    new Bell(this.#layout.shared.control, this.#layout.shared.mainDoorbellOffset).ring();
  }

  /** Whoever waits for network functions that are being created is told so, and not for ever. @param vms that have them. @param areMade a timer may be late: the main thread was busy, or the machine asleep. @returns what ends it. */
  #watchCreation(vms: readonly number[], areMade: () => boolean): () => void {
    const slow = setTimeout(() => {
      for (const culprit of vms.map((at) => this.#failures.at(at))) if (culprit.doing === 'create') this.#desk.stalled(culprit);
    }, CREATION_MS);
    const late = setTimeout(() => {
      this.#desk.drain();
      if (!areMade()) this.#giveUp(vms);
    }, this.#startTimeoutMs);
    return () => {
      clearTimeout(slow);
      clearTimeout(late);
    };
  }

  /** Network functions were not created in time. @param vms of which some wait for theirs. */
  #giveUp(vms: readonly number[]): void {
    this.#desk.failure ??= this.#failures.ofUnmade(vms, this.#startTimeoutMs);
    for (const vm of vms) this.#workers.kill(vm);
    this.#wakeSelf();
  }

  /** Everything that waits for the main thread, once. */
  #listen(): number {
    let work = this.#desk.drain();
    for (const failure of this.#writeFailures.news()) this.#desk.writeFailed(failure);
    for (const vm of this.#stalls.look(performance.now())) this.#desk.stalled(this.#failures.at(vm));
    if (work === 0) this.#eve?.flush();
    const watched = this.#watches.drain();
    // Ingress may be waiting for this.
    if (watched > 0) this.#mailboxes.ringManager();
    work += watched;
    for (const port of this.#queuePorts) work += port.pump();
    return work + this.#mailboxes.deliver();
  }

  *#standingFlows(): Generator<DescribedFlow> {
    const table = new ConnectionTable(this.#layout.shared.control, this.#layout.manager.connectionsOffset, this.#applier.plan.flows);
    for (const flow of table.records()) yield this.#desk.flowLog.describedAs(flow);
  }

  #report(durationMs = performance.now() - this.#startedAt): Report {
    const watched = this.#watches.report();
    const report = snapshotReport(this.#applier.plan, this.#layout, this.#desk, { withFlows: this.#options.flows ?? false, durationMs });
    const error = report.error ?? this.#notWritten();
    return { ...report, ...(watched !== undefined && { watched }), ...(error !== undefined && { error }) };
  }

  /** Whoever finds half a file must have been told. */
  #notWritten(): Report['error'] {
    const ofPorts = this.#desk.problems.filter(({ kind }) => kind === 'write-failed').map(({ port, detail, count }): WriteFailure => {
      const spec = this.#applier.plan.ports.find(({ name }) => name === port)?.spec;
      const file = spec !== undefined && 'write' in spec ? spec.write : null;
      return { what: 'port', port, file: file ?? 'its file', why: detail, lost: count };
    });
    const all = [...ofPorts, ...this.#writeFailures.all()];
    if (all.length === 0) return undefined;
    return { message: all.map(describeWriteFailure).join('\n'), code: 'write-failed', ...(ofPorts.length > 0 && { port: ofPorts[0].port! }) };
  }
}
