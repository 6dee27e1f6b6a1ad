/**
 * What an application calls, with the runtime behind it imported at the first call: a VM imports the application's module
 * for the network functions that it defines, and starts sooner without the parts that only the main thread needs.
 */
import { isVmThread } from '../vm/vm-thread.js';
import type { CheckOptions, CheckResult } from './check.js';
import type { Configuration } from './configuration.js';
import type { Report } from './report.js';
import type { RunOptions } from './run.js';
import type { Runtime } from './runtime.js';
import type { StartOptions } from './start-options.js';
import type { LoadedConfiguration } from './yaml.js';

/**
 * Starts a chain that runs until its ports are exhausted or `stop()` is called.
 * @param configuration a value as `chain`, `capture` and the like make it, or what YAML holds.
 * @returns once packets flow.
 * @throws ConfigurationError with every mistake at once, also a region that the machine does not give, before any
 * thread exists; StartError when a network function cannot be created, or is not in `startTimeoutMs`.
 */
export async function start(configuration: Configuration, options: StartOptions & CheckOptions = {}): Promise<Runtime> {
  if (isVmThread()) return never();
  return (await import('./start.js')).start(configuration, options);
}

/**
 * Runs until every port is exhausted and every packet is through.
 * @returns the report. When something failed on the way, its `error` says what; the ledger is exact all the same.
 * @throws as `start`.
 */
export async function run(configuration: Configuration, options: RunOptions = {}): Promise<Report> {
  if (isVmThread()) return never();
  return (await import('./run.js')).run(configuration, options);
}

/** Checks a configuration, from TypeScript or YAML. Never throws for what is wrong in it. */
export async function checkConfiguration(configuration: unknown, options: CheckOptions = {}): Promise<CheckResult> {
  return (await import('./check.js')).checkConfiguration(configuration, options);
}

/**
 * Reads a configuration from a YAML file. Nothing in it is checked yet: `checkConfiguration`, `run` and `start` do that.
 * @param shown how problems name the file.
 * @throws ConfigurationError when the file cannot be read or is not YAML.
 */
export async function readConfiguration(file: string, shown = file): Promise<LoadedConfiguration> {
  return (await import('./yaml.js')).readConfiguration(file, shown);
}

/** In a VM this is an application's file, imported for the network function that it also defines: nothing starts again. */
function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
