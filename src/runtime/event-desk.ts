/** Where the events of all threads arrive: alerts, descriptions of flows, censuses, crashes. Main thread. */
import { ConnectionReader } from '../flow/connection-reader.js';
import { flowRecord } from '../flow/flow-record.js';
import type { VmEvent } from '../nf/context.js';
import { readFlowName } from '../nf/flow-names.js';
import type { Census } from '../packet-manager/census.js';
import type { ServiceRow } from '../packet-manager/service-table.js';
import type { CrashedPacket, ManagerEvent } from '../packet-manager/messages.js';
import type { PortProblem } from '../port/contract.js';
import type { PortState } from '../port/live/thread-spec.js';
import { EventReader } from '../ring/event-ring.js';
import type { EveLog } from './eve/eve-log.js';
import type { RuntimeEvent } from './events.js';
import { FlowLog } from './flow-log.js';
import type { Layout } from './layout.js';
import type { PlanPort } from './plan.js';
import type { Culprit } from './stall-watch.js';
import type { WriteFailure } from './write-failures.js';

/** Why a run ended early. */
export interface Failure {
  message: string;
  /** `write-failed`: what came in could not be written where it was to go; all else is done. `create-timeout`: a network function was not created in time. */
  code?: 'write-failed' | 'create-timeout';
  chain?: string;
  vm?: string;
  port?: string;
  /** Where the network function failed. */
  stack?: string;
  /** The packet that was in hand, as it was found. */
  packet?: CrashedPacket | null;
}

interface Waiting<Answer> {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

export interface EventDeskOptions {
  readonly onEvent?: ((event: RuntimeEvent) => void) | undefined;
  readonly eve?: EveLog | null;
  /** Whether all flows are to be told in the end. */
  readonly keepsFlows?: boolean;
}

export class EventDesk {
  readonly flowLog: FlowLog;
  /** Alerts by signature, of each function. */
  readonly alerts: Record<string, number>[];
  readonly problems: ({ port: string } & PortProblem)[] = [];
  /** Indexes of live ports that are down. */
  readonly downPorts = new Set<number>();
  /** Set once the manager is done. */
  finalCensus: Census | null = null;
  failure: Failure | null = null;
  readonly #layout: Layout;
  readonly #readers: EventReader[];
  readonly #onEvent: (event: RuntimeEvent) => void;
  readonly #eve: EveLog | null;
  /** Whether each function takes new options under traffic; undefined until it stands. */
  readonly takesUpdates: (boolean | undefined)[] = [];
  readonly #answers = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #waiting = new Map<number, (census: Census) => void>();
  readonly #tables: Waiting<ServiceRow[]>[] = [];
  readonly #rowEdits: Waiting<boolean>[] = [];
  #censusId = 0;

  constructor(layout: Layout, { onEvent, eve = null, keepsFlows = false }: EventDeskOptions) {
    const { shared, manager } = layout;
    this.flowLog = new FlowLog(new ConnectionReader(shared.control, manager.connectionsOffset, manager.flowCapacity), keepsFlows);
    this.#layout = layout;
    this.#eve = eve;
    this.#onEvent = (event) => {
      eve?.event(event);
      try {
        onEvent?.(event);
      } catch (error) {
        // The application's mistake is the application's to see; the chain goes on.
        queueMicrotask(() => {
          throw error;
        });
      }
    };
    this.#readers = [...layout.vms.map((vm) => vm.events), layout.manager.events].map((spec) => new EventReader(layout.shared.control, spec));
    this.alerts = layout.functions.map(() => ({}));
  }

  /** Takes everything that waits; returns how much that was. */
  drain(): number {
    const layout = this.#layout;
    let count = 0;
    this.#readers.forEach((reader, at) => {
      count += reader.drain(
        (message) => {
          if (at < layout.vms.length) this.#fromVm(at, message as VmEvent);
          else this.#fromManager(message as ManagerEvent);
        },
        (words) => {
          // A VM's words are names of flows, the packet manager's are connections that have ended.
          if (at < layout.vms.length) {
            this.flowLog.describe(readFlowName(words));
            return;
          }
          this.#eve?.flowEnded(this.flowLog.describedAs(flowRecord(words, 0)));
          this.flowLog.end(words);
        },
      );
    });
    this.flowLog.forgetEnded();
    return count;
  }

  portState({ port, up, detail }: PortState): void {
    if (up) this.downPorts.delete(port);
    else this.downPorts.add(port);
    this.#onEvent({ type: 'port-state', port: this.#layout.manager.ports[port].name, up, detail });
  }

  /** A network function does not come back. */
  stalled(culprit: Culprit): void {
    if (culprit.doing !== null) this.#onEvent({ type: 'vm-stalled', vm: culprit.vm, chain: culprit.chain, doing: culprit.doing });
  }

  /** The file of a port cannot be written on: its packets are dropped as `egress-failed`. */
  portWriteFailed({ name, spec }: PlanPort, why: string): void {
    if ('write' in spec && spec.write !== null) this.#onEvent({ type: 'write-failed', what: 'port', port: name, file: spec.write, why });
  }

  /** Another file cannot be written on. */
  writeFailed({ what, file, why }: WriteFailure): void {
    if (what !== 'port') this.#onEvent({ type: 'write-failed', what, file, why });
  }

  get lost(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.lost, 0);
  }

  /** A number to ask the manager for a census by, and the promise of its answer. */
  expectCensus(): { id: number; answer: Promise<Census> } {
    const id = ++this.#censusId;
    if (this.finalCensus !== null) return { id, answer: Promise.resolve(this.finalCensus) };
    return { id, answer: new Promise((resolve) => this.#waiting.set(id, resolve)) };
  }

  /** The answer to the next `service-table`. */
  serviceTable(): Promise<ServiceRow[]> {
    return this.#asked(this.#tables);
  }

  /** The answer to the next `service-row`: whether there was such a row. */
  serviceRow(): Promise<boolean> {
    return this.#asked(this.#rowEdits);
  }

  /** The manager answers questions of a kind in the order in which they are put. */
  #asked<Answer>(waiting: Waiting<Answer>[]): Promise<Answer> {
    if (this.finalCensus !== null) return Promise.reject(runtimeOver());
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  }

  /** The manager is done, or gone: nobody waits in vain. */
  conclude(census: Census): void {
    this.finalCensus ??= census;
    for (const resolve of this.#waiting.values()) resolve(census);
    this.#waiting.clear();
    for (const { reject } of [...this.#answers.values(), ...this.#tables.splice(0), ...this.#rowEdits.splice(0)]) reject(runtimeOver());
    this.#answers.clear();
  }

  /** Settles when a thread says so: `standing n`, `updated n` of function n, `quiesced n`, `repointed n` of VM n, or `paths-replaced`. */
  answerOf(answer: string): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      if (this.finalCensus === null) this.#answers.set(answer, { resolve, reject });
      else reject(runtimeOver());
    });
    // Who asked may be waiting for something else when the runtime ends.
    answered.catch(() => undefined);
    return answered;
  }

  #answer(answer: string): void {
    this.#answers.get(answer)?.resolve();
    this.#answers.delete(answer);
  }

  #fromVm(at: number, event: VmEvent): void {
    switch (event.type) {
      case 'describe-flow':
        this.flowLog.describe(event);
        this.#onEvent(event);
        return;
      case 'standing':
      case 'updated': {
        const { index } = this.#layout.vms[at].functions[event.function];
        if (event.type === 'standing') this.takesUpdates[index] = event.takesUpdates;
        this.#answer(`${event.type} ${index}`);
        return;
      }
      case 'alert':
    }
    const alerts = this.alerts[this.#layout.vms[at].functions.find(({ name }) => name === event.vm)!.index];
    alerts[event.signature] = (alerts[event.signature] ?? 0) + 1;
    this.#onEvent(event);
  }

  #fromManager(event: ManagerEvent): void {
    switch (event.type) {
      case 'census':
        this.#waiting.get(event.id)?.(event.census);
        this.#waiting.delete(event.id);
        break;
      case 'port-problem':
        this.problems.push({ port: event.port, ...event.problem });
        this.#onEvent(event);
        break;
      case 'vm-reclaimed': {
        const { chain, functions } = this.#layout.vms[event.vm];
        // Functions that run together are told apart by the one that had the packet.
        const name = event.packet?.vm ?? functions[0].name;
        // Others are ended too, before the one that failed or after it.
        if (this.failure?.packet === undefined && functions.some((each) => each.name === this.failure?.vm)) this.failure!.packet = event.packet;
        if (this.failure !== null) this.#onEvent({ type: 'vm-crashed', vm: name, chain, message: event.error, packet: event.packet });
        break;
      }
      case 'service-table':
        this.#tables.shift()?.resolve(event.rows);
        break;
      case 'service-row':
        this.#rowEdits.shift()?.resolve(event.found);
        break;
      case 'quiesced':
      case 'repointed':
        this.#answer(`${event.type} ${event.vm}`);
        break;
      case 'paths-replaced':
        this.#answer(event.type);
        break;
      case 'finished':
        this.conclude(event.census);
    }
  }
}

function runtimeOver(): Error {
  return new Error('the runtime ended before the change was made');
}
