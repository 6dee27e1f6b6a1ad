/** Why a run ends early, in words: which network function, of which chain, or which other part. Main thread. */
import { Journal } from '../vnic/journal.js';
import type { Failure } from './event-desk.js';
import type { Layout } from './layout.js';

/** Of an error of a network function: it has to fit the mailbox and the event ring beside a packet. */
const MAX_ERROR_CHARACTERS = 4096;

/** What a VM's error says, or that it has none. */
export function reasonOf(error: Error | null): string {
  return (error?.message ?? 'its worker ended before the runtime did').slice(0, MAX_ERROR_CHARACTERS);
}

/** A VM's thread, or a function in it, failed. */
export function vmFailure(layout: Layout, vm: number, error: Error | null): Failure {
  const stack = error?.stack?.slice(0, MAX_ERROR_CHARACTERS);
  return ofFunction(layout, vm, `failed: ${reasonOf(error)}`, stack);
}

/** A function that does not come back holds its thread: what lies in that one is lost, and the books stay open. */
export function stuckInManager(layout: Layout, vm: number): Failure {
  return ofFunction(layout, vm, 'did not come back, and ended the packet manager with it: they share a thread');
}

/** @param vm the one in its thread that had a packet in hand, null when none had. */
export function managerFailure(layout: Layout, error: Error, vm: number | null): Failure {
  if (vm === null) return { message: `the packet manager failed: ${error.message}` };
  return ofFunction(layout, vm, `ended the packet manager with it, as they share a thread: ${error.message}`);
}

function ofFunction(layout: Layout, vm: number, what: string, stack?: string): Failure {
  const { name, chain } = functionAt(layout, vm);
  return { message: `network function '${name}' of chain '${chain}' ${what}`, chain, vm: name, ...(stack !== undefined && { stack }) };
}

/** The function that has the VM's packet, or had the last one. */
function functionAt({ shared, vms }: Layout, vm: number): { name: string; chain: string } {
  const { chain, functions, journalOffset } = vms[vm];
  const { stage } = new Journal(shared.control, journalOffset);
  return { name: functions[Math.min(stage, functions.length - 1)].name, chain };
}
