/** Starts a configuration. Everything that is wrong with it is reported before the first thread exists. */
import { resolve } from 'node:path';
import { RegionAllocationError } from '../memory/region.js';
import { checkConfiguration, type CheckOptions } from './check.js';
import type { Configuration } from './configuration.js';
import { EveLog } from './eve/eve-log.js';
import { layOut, type Layout, type LayoutOptions } from './layout.js';
import { isLive } from './live-ports.js';
import { makeFolders, type Written } from './make-folders.js';
import { openPorts, type OpenPorts } from './open-ports.js';
import type { Plan } from './plan.js';
import { ConfigurationError, type Problem } from './problems.js';
import { QueuePort } from './queue-port.js';
import { Runtime } from './runtime.js';
import { checkStartTimeout } from './start-error.js';
import type { StartOptions } from './start-options.js';
import { checkWatches } from './watch/watch-options.js';
import { Watches } from './watch/watches.js';
import { Services } from './services.js';

/** See on-demand.ts. */
export async function start(configuration: Configuration, options: StartOptions & CheckOptions = {}): Promise<Runtime> {
  const checked = await checkConfiguration(configuration, options);
  if ('problems' in checked) throw new ConfigurationError(checked.problems);
  return startPlan(checked.plan, queuePortsOf(configuration), options);
}

/** Starts a plan that was checked. */
export async function startPlan(plan: Plan, queuePorts: ReadonlyMap<string, QueuePort>, options: StartOptions): Promise<Runtime> {
  checkStartTimeout(options.startTimeoutMs);
  await makeFolders(filesOf(plan, options));
  checkQueuePorts(queuePorts);
  const isFinite = plan.ports.every(({ spec }) => spec.kind !== 'queue' && !isLive(spec));
  const watches = checkWatches(options, options.baseDirectory ?? process.cwd());
  const layout = allocate(plan, {
    reportFlows: isFinite || (options.flows ?? false) || options.eve !== undefined,
    tellsDetails: (options.flows ?? false) || options.eve !== undefined || (options.onEvent !== undefined && options.describeFlows !== false),
    watches: watches.specs,
    // Captures and generators wait without loss; the network does not.
    watchWaits: isFinite && watches.specs.length > 0,
  });
  const services = await Services.open(options);
  let runtime: Runtime;
  let opened: OpenPorts;
  let watching: Watches | null = null;
  try {
    const eve = options.eve === undefined ? null : new EveLog(options.eve, options.baseDirectory ?? process.cwd(), layout.drops.names);
    watching = new Watches(plan, layout, watches);
    opened = await openPorts(plan, layout.shared.region);
    runtime = new Runtime(plan, layout, opened, queuePorts, options, eve, watching);
  } catch (error) {
    watching?.abandon();
    await services.close();
    throw error;
  }
  // Whoever asks meanwhile is answered when it is known how that went.
  runtime.serveBy(services);
  try {
    for (const advice of opened.advice) options.onEvent?.({ type: 'port-advice', ...advice });
  } catch (error) {
    await runtime.stop().catch(() => undefined);
    throw error;
  }
  await runtime.ready();
  return runtime;
}

/** Every file that is written, and where it was asked for. */
function filesOf({ ports }: Plan, { eve, writeDrops, baseDirectory = process.cwd() }: StartOptions & CheckOptions): Written[] {
  return [
    ...ports.flatMap(({ name, spec }) => ('write' in spec && spec.write !== null ? [{ file: spec.write, place: `ports.${name}.write` }] : [])),
    ...Object.entries({ eve, writeDrops }).flatMap(([place, file]) => (typeof file === 'string' ? [{ file: resolve(baseDirectory, file), place }] : [])),
  ];
}

/** @throws ConfigurationError when a queue port belongs to another runtime, or stands twice. Nothing has been attached then. */
function checkQueuePorts(queuePorts: ReadonlyMap<string, QueuePort>): void {
  const problems: Problem[] = [];
  const seen = new Set<QueuePort>();
  for (const [name, port] of queuePorts) {
    const found = seen.has(port) ? 'the queue port of another port' : port.isAttached ? 'one that belongs to a runtime' : null;
    if (found !== null) problems.push({ code: 'wrong-value', place: `ports.${name}`, found, expected: 'a queue port of its own', message: 'a queue port belongs to one runtime and one name at a time' });
    seen.add(port);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** @throws ConfigurationError when the machine does not give as much memory. */
function allocate(plan: Plan, options: LayoutOptions): Layout {
  try {
    return layOut(plan, options);
  } catch (cause) {
    if (!(cause instanceof RegionAllocationError)) throw cause;
    const { slots, slotBytes } = plan.memory;
    const found = `${slots} slots of ${slotBytes} B`;
    throw new ConfigurationError([{ code: 'region-not-allocated', place: 'memory', found, expected: 'fewer or smaller slots, fewer flows or replicas', message: cause.message }], { cause });
  }
}

function queuePortsOf({ ports }: Configuration): Map<string, QueuePort> {
  const found = new Map<string, QueuePort>();
  for (const [name, port] of Object.entries(ports)) if (port instanceof QueuePort) found.set(name, port);
  return found;
}
