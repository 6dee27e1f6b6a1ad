/**
 * Tells whether this thread is a VM. A network function may be defined in the same file as the application that runs it;
 * when a VM imports that file, `run()` and `start()` must not start it all again.
 */
const key = Symbol.for('millrace.vm-thread');

export function markAsVmThread(): void {
  (globalThis as Record<symbol, unknown>)[key] = true;
}

export function isVmThread(): boolean {
  return (globalThis as Record<symbol, unknown>)[key] === true;
}
