/** A limit for users' code that is waited for before any thread exists: a promise that never settles would end the process without a word. */

/** @returns what the promise settles with. @throws Error when it has not within `limitMs`, beside what it rejects with. */
export async function inTime<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error(`it has not come to an end in ${limitMs / 1000} s`)); }, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
