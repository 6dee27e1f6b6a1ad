/** Of a script: says an error in a line, as the command does, and ends with 1. */
export async function tellErrors(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
