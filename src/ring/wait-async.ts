/**
 * Waiting for a doorbell on a thread that must not block. `Atomics.waitAsync` is used where it exists, native or
 * installed by a polyfill that the user imported first; else a timer looks at the word.
 *
 * The package `atomics-wait-async-polyfill` is never imported by name: nobody owns that name, and whoever registers it
 * would run in our process. Whoever wants it imports it before Millrace.
 */
type AtomicsWaitAsync = (array: Int32Array, index: number, value: number, timeoutMs: number) => { async: false; value: string } | { async: true; value: Promise<string> };

/** How often the fallback looks: a compromise between latency and idle cost. */
const FALLBACK_PERIOD_MS = 2;

/**
 * Settles when `array[index]` is no longer `value` and was notified, or after `timeoutMs`. Keeps the process alive while
 * it waits: a pending `Atomics.waitAsync` alone does not.
 */
export async function waitAsync(array: Int32Array, index: number, value: number, timeoutMs: number): Promise<void> {
  const native = (Atomics as { waitAsync?: AtomicsWaitAsync }).waitAsync;
  if (native === undefined) {
    await waitByTimer(array, index, value, timeoutMs);
    return;
  }
  const waiting = native(array, index, value, timeoutMs);
  if (!waiting.async) return;
  const alive = setInterval(() => undefined, timeoutMs);
  try {
    await waiting.value;
  } finally {
    clearInterval(alive);
  }
}

function waitByTimer(array: Int32Array, index: number, value: number, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (Atomics.load(array, index) === value && performance.now() < until) return; // pairs with (G)
      clearInterval(timer);
      resolve();
    }, FALLBACK_PERIOD_MS);
  });
}
