/** A limit for users' code that is waited for before any thread exists: a promise that never settles would end the process without a word. */

/** A minute: modules and options take milliseconds; with much to read, a few seconds. */
const LIMIT_MS = 60_000;

/** @returns what the promise settles with. @throws Error when it has not in a minute, beside what it rejects with. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error(`it has not come to an end in ${LIMIT_MS / 1000} s`)); }, LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
