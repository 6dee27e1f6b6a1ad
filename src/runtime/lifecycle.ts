/** The life of a run: puts its parts together, starts the threads, lets packets flow, and ends with the last report. Main thread. */
import { releaseControl } from '../memory/control-memory.js';
import { releaseRegion } from '../memory/region.js';
import { Applier } from './applier.js';
import { CreationWatch } from './creation-watch.js';
import { Ending } from './ending.js';
import type { EveLog } from './eve/eve-log.js';
import { EventDesk } from './event-desk.js';
import { Failures } from './failures.js';
import type { Layout } from './layout.js';
import { Listener } from './listener.js';
import { Mailboxes } from './mailboxes.js';
import type { OpenPorts } from './open-ports.js';
import type { Plan } from './plan.js';
import { PortThreads, portFailure } from './port-threads.js';
import type { QueuePort } from './queue-port.js';
import type { Report } from './report.js';
import { Reporter } from './reporter.js';
import { RunPhase } from './run-phase.js';
import { StallWatch } from './stall-watch.js';
import { DEFAULT_START_TIMEOUT_MS } from './start-error.js';
import type { StartOptions } from './start-options.js';
import type { Watches } from './watch/watches.js';
import { Workers } from './workers.js';
import { WriteFailures } from './write-failures.js';

export class Lifecycle {
  readonly layout: Layout;
  readonly watches: Watches;
  readonly desk: EventDesk;
  readonly failures: Failures;
  readonly stalls: StallWatch;
  readonly mailboxes: Mailboxes;
  readonly workers: Workers;
  readonly portThreads: PortThreads;
  readonly applier: Applier;
  readonly ending: Ending;
  readonly reporter: Reporter;
  /** Settles when packets flow; never when the run ends before. */
  readonly allReady: Promise<void>;
  /** Settles with the last report. */
  readonly reported: Promise<Report>;
  readonly #eve: EveLog | null;
  readonly #queuePorts: readonly QueuePort[];
  readonly #phase: RunPhase;
  readonly #listener: Listener;
  readonly #creation: CreationWatch;
  #resolveReady: () => void = () => undefined;
  #isOver = false;

  /** The threads begin at once. */
  constructor(plan: Plan, layout: Layout, openPorts: OpenPorts, queuePorts: ReadonlyMap<string, QueuePort>, options: StartOptions, eve: EveLog | null, watches: Watches) {
    const { shared, manager } = layout;
    this.layout = layout;
    this.watches = watches;
    this.#eve = eve;
    this.#queuePorts = [...queuePorts.values()];
    watches.begin(async (specs) => {
      if (!this.#isOver) await this.mailboxes.toAll({ type: 'watch', watches: specs });
    });
    const desk = (this.desk = new EventDesk(layout, { onEvent: options.onEvent, eve, keepsFlows: options.flows ?? false }));
    const stalls = (this.stalls = new StallWatch(layout));
    const failures = (this.failures = new Failures(layout, desk, stalls));
    const writeFailures = new WriteFailures([() => watches.failure, () => eve?.failure ?? null]);
    const mailboxes = (this.mailboxes = new Mailboxes(shared.control, manager, layout.vms));
    this.#listener = new Listener({ layout, desk, eve, failures, stalls, writeFailures, watches, mailboxes, queuePorts: this.#queuePorts });
    const wake = (): void => { this.#listener.wake(); };
    for (const { name, rings } of manager.ports) if (rings !== undefined) queuePorts.get(name)?.attach(shared, rings);
    this.portThreads = new PortThreads(openPorts, layout, plan.threads === 'separate', { died: (port, error) => { this.ending.portDied(port, error); }, state: (state) => { desk.portState(state); wake(); } });
    const workers = (this.workers = new Workers(layout, mailboxes, {
      vmEnded: (at, error) => { this.ending.vmEnded(at, error); },
      vmIsStuck: (at) => { this.ending.vmIsStuck(at); },
      portState: (state) => { desk.portState(state); wake(); },
      portFailed: (port, message) => { this.ending.portDied(port, portFailure(plan.ports[port].name, message)); },
      portWriteFailed: (port, why) => { desk.portWriteFailed(plan.ports[port], why); wake(); },
      managerEnded: (error) => { this.ending.managerEnded(error); },
    }));
    this.#creation = new CreationWatch({ desk, failures, workers, timeoutMs: options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS, wake });
    const watchCreation = (vm: number): (() => void) => this.#creation.begin([vm], () => failures.at(vm).doing !== 'create');
    const applier = (this.applier = new Applier(plan, options, { layout, desk, mailboxes, workers, watches, watchCreation, isEnding: () => this.ending.isUnderWay }));
    this.#phase = new RunPhase(shared);
    this.ending = new Ending({ layout, desk, failures, stalls, mailboxes, workers, applier, phase: this.#phase, queuePorts: this.#queuePorts, wake });
    this.reporter = new Reporter({ layout, desk, watches, writeFailures, plan: () => applier.plan, withFlows: options.flows ?? false });
    this.allReady = new Promise<void>((resolve) => (this.#resolveReady = resolve));
    this.reported = this.#live();
  }

  /** All threads have ended, and the memory may belong to another run. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async #live(): Promise<Report> {
    const { desk, workers, portThreads, reporter } = this;
    const { shared, readyOffset, vms } = this.layout;
    const ready = new Int32Array(shared.control, readyOffset, 1);
    workers.startManager(this.applier.plan.ports, portThreads.inlineHalves);
    const threads = workers.threadCount + portThreads.count;
    const unwatch = this.#creation.begin([...vms.keys()], () => Atomics.load(ready, 0) === threads); // (T)
    await this.#listener.listenUntil(() => desk.failure !== null || Atomics.load(ready, 0) === threads); // (T)
    unwatch();
    if (desk.failure === null) {
      reporter.begin();
      this.#phase.run();
      this.#resolveReady();
      await this.#listener.listenUntil(() => desk.finalCensus !== null);
    }
    const durationMs = reporter.elapsedMs;
    this.ending.begin();
    portThreads.expectEnd();
    this.#phase.stop();
    this.mailboxes.ringAll();
    if (desk.failure !== null) workers.killAll();
    // Whoever still waits to be heard finds the runtime over.
    this.mailboxes.close();
    await this.applier.settled();
    const workersEnded = workers.allEnded();
    await Promise.all([workersEnded, portThreads.ended(workersEnded)]);
    this.#listener.listen();
    for (const port of this.#queuePorts) port.detach();
    this.watches.finish();
    this.#isOver = true;
    this.#eve?.finish(reporter.standingFlows());
    const report = reporter.conclude(durationMs);
    releaseRegion(shared.region);
    releaseControl(shared.control);
    return report;
  }
}
