/** What is told of a run: figures while it goes on, its report when it is over. Main thread. */
import { ConnectionReader } from '../flow/connection-reader.js';
import type { EventDesk } from './event-desk.js';
import type { DescribedFlow } from './flow-log.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import type { CounterReport, Report } from './report.js';
import { snapshotCounters, snapshotReport } from './snapshot.js';
import type { Watches } from './watch/watches.js';
import { describeWriteFailure, type WriteFailure, type WriteFailures } from './write-failures.js';

/** What of a run it works on. */
interface Parts {
  readonly layout: Layout;
  readonly desk: EventDesk;
  readonly watches: Watches;
  readonly writeFailures: WriteFailures;
  /** What is in force. */
  readonly plan: () => Plan;
  readonly withFlows: boolean;
}

export class Reporter {
  readonly #parts: Parts;
  #startedAt = performance.now();
  #last: Report | null = null;
  #connections: ConnectionReader | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Packets flow from now on. */
  begin(): void {
    this.#startedAt = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** As `Runtime.stats`. */
  stats(): Report {
    // When it is over, the memory that the figures are read from may belong to another run.
    return this.#last ?? this.#report(this.elapsedMs);
  }

  /** As `Runtime.counters`. */
  counters(): CounterReport {
    const { plan, layout, desk } = this.#parts;
    return this.#last ?? snapshotCounters(plan(), layout, desk, this.elapsedMs);
  }

  /** As `Runtime.connections`, while the run goes on. */
  connections(): number {
    this.#connections ??= this.#readConnections();
    return this.#connections.countEntries();
  }

  /** All threads have ended: what is told from now on. */
  conclude(durationMs: number): Report {
    this.#last = this.#report(durationMs);
    return this.#last;
  }

  /** Connections that are known at the end. */
  *standingFlows(): Generator<DescribedFlow> {
    for (const flow of this.#readConnections().records()) yield this.#parts.desk.flowLog.describedAs(flow);
  }

  #readConnections(): ConnectionReader {
    const { layout, plan } = this.#parts;
    return new ConnectionReader(layout.shared.control, layout.manager.connectionsOffset, plan().flows);
  }

  #report(durationMs: number): Report {
    const { layout, desk, watches, plan, withFlows } = this.#parts;
    const watched = watches.report();
    const report = snapshotReport(plan(), layout, desk, { withFlows, durationMs });
    const error = report.error ?? this.#notWritten();
    return { ...report, ...(watched !== undefined && { watched }), ...(error !== undefined && { error }) };
  }

  /** Whoever finds half a file must have been told. */
  #notWritten(): Report['error'] {
    const ofPorts = this.#parts.desk.problems.filter(({ kind }) => kind === 'write-failed').map(({ port, detail, count }): WriteFailure => {
      const spec = this.#parts.plan().ports.find(({ name }) => name === port)?.spec;
      const file = spec !== undefined && 'write' in spec ? spec.write : null;
      return { what: 'port', port, file: file ?? 'its file', why: detail, lost: count };
    });
    const all = [...ofPorts, ...this.#parts.writeFailures.all()];
    if (all.length === 0) return undefined;
    return { message: all.map(describeWriteFailure).join('\n'), code: 'write-failed', ...(ofPorts.length > 0 && { port: ofPorts[0].port! }) };
  }
}
