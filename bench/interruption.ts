/** Ends a run early at Ctrl-C or SIGTERM: what is under way is finished or left, and what was measured is written all the same. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Calls `work` with a signal that aborts at the first Ctrl-C; the second ends the process, as it does without us. */
export async function interruptible<Value>(say: (text: string) => void, work: (interrupted: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController();
  const interrupt = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt);
    say('ends early, with what was measured until now');
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt);
  }
}
