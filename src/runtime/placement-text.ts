/** Where the functions of a plan run, in words: for people. */
import { halvesOf, isLive } from './live-ports.js';
import type { Plan } from './plan.js';

/** `firewall | nat + dpi, a thread each`: a VM each between the bars. */
export function placementText(plan: Plan, chain: string): string {
  const own = plan.vms.filter((vm) => vm.chain === chain);
  const text = own.map((vm) => vm.functions.map((at) => plan.functions[at].name).join(' + ')).join(' | ');
  return `${text}, ${threadsText(plan, chain)}`;
}

/** Of a chain's VMs. */
export function threadsText({ vms }: Plan, chain: string): string {
  const own = vms.filter((vm) => vm.chain === chain);
  if (own.every(({ isInline }) => isInline)) return "in the packet manager's thread";
  return own.length === 1 ? 'in a thread of its own' : 'a thread each';
}

/** Names of all threads that a run starts beside main's, as reports call them. */
export function threadNames({ threads, vms, ports }: Plan): string[] {
  if (threads === 'one') return ['manager'];
  const halves = ports.flatMap(({ name, spec }) => (isLive(spec) ? halvesOf(spec).map((half) => (half === 'both' ? name : `${name} (${half}s)`)) : []));
  return ['manager', ...vms.filter(({ isInline }) => !isInline).map(({ name }) => name), ...halves];
}
