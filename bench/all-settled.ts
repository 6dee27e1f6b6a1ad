/** Waits for all of them, also when one has failed: nothing may go on beside what is measured next. @throws what the first of them threw. */
export async function allSettled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<Value>).value);
}
