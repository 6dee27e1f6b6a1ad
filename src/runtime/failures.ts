/** Why a run ends early, in words: which network function, of which chain, doing what. Main thread. */
import { Journal } from '../vnic/journal.js';
import type { EventDesk, Failure } from './event-desk.js';
import type { Layout } from './layout.js';
import type { Culprit, Doing, StallWatch } from './stall-watch.js';

/** Of an error of a network function: it has to fit the mailbox and the event ring beside a packet. */
const MAX_ERROR_CHARACTERS = 4096;

/** What a VM's error says, or that it has none. */
export function reasonOf(error: Error | null): string {
  return (error?.message ?? 'its worker ended before the runtime did').slice(0, MAX_ERROR_CHARACTERS);
}

/** Where a function is when it does not come back. */
function whereIs(doing: Doing | null): string {
  return doing === null || doing === 'packet' ? '' : ` from ${doing}()`;
}

export class Failures {
  readonly #layout: Layout;
  readonly #desk: EventDesk;
  readonly #stalls: StallWatch;

  constructor(layout: Layout, desk: EventDesk, stalls: StallWatch) {
    this.#layout = layout;
    this.#desk = desk;
    this.#stalls = stalls;
  }

  /** A VM's thread, or a function in it, failed. */
  ofVm(vm: number, error: Error | null): Failure {
    const stack = error?.stack?.slice(0, MAX_ERROR_CHARACTERS);
    return { ...this.#told(vm, `failed: ${reasonOf(error)}`), ...(stack !== undefined && { stack }) };
  }

  /** A function had its VM for itself for as long as the runtime would wait. */
  ofStalled(vm: number): Failure {
    return this.#told(vm, `did not come back${whereIs(this.at(vm).doing)}`);
  }

  /** A function that does not come back holds its thread: what lies in that one is lost, and the books stay open. */
  ofStalledInManager(vm: number): Failure {
    return this.#told(vm, `did not come back${whereIs(this.at(vm).doing)}, and ended the packet manager with it: they share a thread`);
  }

  /** Network functions were not created in time. @param vms among these. */
  ofUnmade(vms: readonly number[], limitMs: number): Failure {
    const within = `within ${limitMs / 1000} s`;
    const [first, ...others] = vms.flatMap((vm) => (this.at(vm).doing === 'create' ? [{ ...this.at(vm), of: this.#layout.vms[vm].name }] : []));
    // What is left are ports, and they say themselves what they wait for.
    if (first === undefined) return { message: `the ports and their threads did not stand ${within}` };
    const named = ({ vm, chain, of }: typeof first): string => `'${vm}' of chain '${chain}'${of === vm ? '' : ` (VM '${of}')`}`;
    const also = others.length === 0 ? '' : `; nor were ${others.map(named).join(', ')}`;
    return { message: `network function ${named(first)} was not created ${within}: its create() was expected to return or throw, and has done neither${also}`, code: 'create-timeout', chain: first.chain, vm: first.vm };
  }

  /** The packet manager's thread is no more. */
  ofManager(error: Error): Failure {
    const vm = this.inlineVmAtWork();
    if (vm === null) return { message: `the packet manager failed: ${error.message}` };
    const { doing } = this.at(vm);
    // A thread ends by itself when all that it waits for can never come.
    const why = doing === 'create' ? 'its create() never came to an end' : error.message;
    return this.#told(vm, `ended the packet manager with it, as they share a thread: ${why}`);
  }

  /** The VM in the manager's thread that does something: nobody writes there any more, or one VM for ever. */
  inlineVmAtWork(): number | null {
    const vm = this.#layout.vms.findIndex(({ isInline }, index) => isInline && this.at(index).doing !== null);
    return vm < 0 ? null : vm;
  }

  /** The function of a VM that is at work, or had the last packet. */
  at(vm: number): Culprit {
    const { chain, functions, journalOffset } = this.#layout.vms[vm];
    const unmade = functions.find(({ index }) => this.#desk.takesUpdates[index] === undefined);
    if (unmade !== undefined) return { vm: unmade.name, chain, doing: 'create' };
    const { stage, doing } = this.#stalls.atWork(vm) ?? { stage: new Journal(this.#layout.shared.control, journalOffset).stage, doing: null };
    return { vm: functions[Math.min(stage, functions.length - 1)].name, chain, doing };
  }

  #told(at: number, what: string): Failure {
    const { vm, chain } = this.at(at);
    return { message: `network function '${vm}' of chain '${chain}' ${what}`, chain, vm };
  }
}
