/** Where the functions of a chain run, in words. */
import type { Plan } from './plan.js';

/** `firewall | nat + dpi`: a VM each between the bars; those in the packet manager's thread are said to be. */
export function placementText({ vms, functions }: Plan, chain: string): string {
  const own = vms.filter((vm) => vm.chain === chain);
  const text = own.map((vm) => vm.functions.map((at) => functions[at].name).join(' + ')).join(' | ');
  const threads = own.every(({ isInline }) => isInline) ? "in the packet manager's thread" : own.length === 1 ? 'a thread of its own' : 'a thread each';
  return `${text}, ${threads}`;
}
