/** Says what a run that stops waits for: a network function that does not come back, or whatever is not through yet. */
import type { Census } from '../packet-manager/census.js';
import { DEFAULT_DRAIN_MS, type Runtime } from '../runtime/runtime.js';
import type { Culprit } from '../runtime/stall-watch.js';
import { counted } from './format.js';
import { styleFor, type Terminal } from './terminal.js';

/** What goes through at once needs no word, and by then it is known which function does not come back. */
const TELL_AFTER_MS = 1500;
/** A packet manager that works answers in less; one that does not has a function in its thread that is named anyway. */
const AUDIT_MS = 200;

/** While a run stops. @returns what ends it. */
export function tellWaiting(runtime: Runtime, { stderr, env }: Terminal): () => void {
  let isOver = false;
  const tell = async (): Promise<void> => {
    const late = new Promise<null>((resolve) => setTimeout(() => { resolve(null); }, AUDIT_MS));
    const census = await Promise.race([runtime.audit().catch(() => null), late]);
    const text = waitingText(runtime.stalled(), census);
    if (isOver || text === null) return;
    const seconds = Math.round((DEFAULT_DRAIN_MS - TELL_AFTER_MS) / 1000);
    stderr.write(`${styleFor(stderr, env).warn('still waiting for')} ${text}; given up in ${seconds} s\n`);
  };
  const timer = setTimeout(() => void tell(), TELL_AFTER_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Null: for nothing that could be named. */
export function waitingText(stalled: readonly Culprit[], census: Census | null): string | null {
  const names = new Set(stalled.flatMap(({ vm, chain }) => [vm, chain]));
  const parts = stalled.map(({ vm, chain }) => `network function '${vm}' of chain '${chain}', which does not come back`);
  for (const [name, { lent, held }] of Object.entries(census?.vms ?? {})) if (lent + held > 0 && !names.has(name)) parts.push(`${counted(lent + held, 'packet')} with '${name}'`);
  for (const [name, inside] of Object.entries(census?.meshes ?? {})) if (inside > 0 && !names.has(name)) parts.push(`${counted(inside, 'packet')} in chain '${name}'`);
  for (const [name, { sending }] of Object.entries(census?.ports ?? {})) if (sending > 0) parts.push(`${counted(sending, 'packet')} that port '${name}' has to send`);
  return parts.length === 0 ? null : parts.join(', ');
}
