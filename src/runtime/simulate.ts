/**
 * The whole system in one thread, under a seeded scheduler: the same manager, VMs, ports and memory, polled in an order
 * that the seed decides. The same seed gives the same run, byte for byte, so whatever it finds can be found again. A VM
 * can be made to die at any of its atomic stores, which are its only steps that others see.
 */
import { releaseControl } from '../memory/control-memory.js';
import { releaseRegion } from '../memory/region.js';
import { loadDefinition } from '../nf/define.js';
import type { Census } from '../packet-manager/census.js';
import type { ManagerMessage } from '../packet-manager/messages.js';
import { PacketManager } from '../packet-manager/packet-manager.js';
import { MailboxSender } from '../ring/mailbox.js';
import { Vm } from '../vm/vm.js';
import { Journal } from '../vnic/journal.js';
import { planConfiguration, type CheckOptions } from './check.js';
import type { Configuration } from './configuration.js';
import { EventDesk } from './event-desk.js';
import type { RuntimeEvent } from './events.js';
import { layOut } from './layout.js';
import { importFactories, portMaker } from './make-ports.js';
import type { Plan } from './plan.js';
import type { Report } from './report.js';
import { snapshotReport } from './snapshot.js';

/** When a VM dies: just before or after its n-th atomic store, counted from 1. */
export interface CrashPoint {
  vm: string;
  store: number;
  when: 'before' | 'after';
}

export interface SimulationOptions extends CheckOptions {
  /** Any whole number. Default 1. */
  seed?: number;
  flows?: boolean;
  onEvent?: (event: RuntimeEvent) => void;
  crash?: CrashPoint;
  /** Replaces VMs under traffic, each from the given step on: with quiesce and re-point, as `apply` does. */
  replace?: readonly { vm: string; step: number }[];
  /** VMs that are not polled for now: their packets wait. Looked at before every step. */
  stalled?: (vm: string, step: number) => boolean;
  /** Called after every step; the census is made only when asked for. */
  onStep?: (step: number, census: () => Census) => void;
  /** Steps after which the run counts as hung. Default 10 million. */
  maxSteps?: number;
}

export interface Simulation extends Report {
  census: Census;
  steps: number;
  /** The crash point was reached. */
  crashed: boolean;
  /** VMs that were replaced. */
  replaced: number;
}

class SimulatedDeath extends Error {}

/** A small, fast, seeded generator (xorshift32, Marsaglia 2003). */
function randomOf(seed: number): (below: number) => number {
  let state = (seed | 0) || 0x9e3779b9;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Runs a finite configuration in this thread.
 * @throws ConfigurationError as `start` does; Error when it has not ended after `maxSteps`.
 */
export async function simulate(configuration: Configuration, options: SimulationOptions = {}): Promise<Simulation> {
  return simulatePlan(await planConfiguration(configuration, options), options);
}

async function simulatePlan(plan: Plan, options: SimulationOptions): Promise<Simulation> {
  const { seed = 1, crash, stalled, onStep, maxSteps = 10_000_000 } = options;
  const layout = layOut(plan, { reportFlows: true });
  const { shared, manager: spec } = layout;
  const desk = new EventDesk(layout, { onEvent: options.onEvent, keepsFlows: options.flows ?? false });
  const vms: (Vm | null)[] = [];
  const create = async (at: number): Promise<Vm> => {
    const definitions = [];
    for (const { module, function: name } of layout.vms[at].functions) definitions.push(await loadDefinition(module, name));
    return Vm.create(shared, layout.vms[at], definitions, new Float64Array(1));
  };
  for (const at of layout.vms.keys()) vms.push(await create(at));
  const manager = new PacketManager(shared, spec, portMaker(shared, spec, plan.ports, await importFactories(plan.ports)));
  const mailbox = new MailboxSender(shared.control, spec.mailboxOffset);
  const random = randomOf(seed);
  const startedAt = performance.now();
  let storesLeft = crash?.store ?? 0;
  let crashed = false;
  let replaced = 0;

  const die = (at: number, error: Error): void => {
    const { chain, functions, journalOffset } = layout.vms[at];
    const { name } = functions[Math.min(new Journal(shared.control, journalOffset).stage, functions.length - 1)];
    vms[at] = null;
    desk.failure ??= { message: `network function '${name}' of chain '${chain}' failed: ${error.message}`, chain, vm: name };
    mailbox.send({ type: 'vm-died', vm: at, error: error.message } satisfies ManagerMessage);
  };

  const replacing = new Set<number>();
  let replacement = Promise.resolve();
  let over = false;
  const send = async (message: ManagerMessage): Promise<void> => {
    while (!over && !mailbox.ready) await turn();
    // The memory is the next run's as soon as this one is over: a late word would reach the wrong manager.
    if (over) throw new Error('the run is over');
    mailbox.send(message);
  };
  const replaceVm = async (at: number): Promise<void> => {
    const answered = async (message: ManagerMessage, answer: string): Promise<void> => {
      const heard = desk.answerOf(answer);
      await send(message);
      await heard;
    };
    await answered({ type: 'quiesce', vm: at }, `quiesced ${at}`);
    vms[at] = null;
    await answered({ type: 'repoint', vm: at, vnic: layout.vms[at].vnic }, `repointed ${at}`);
    vms[at] = await create(at);
    await send({ type: 'resume', vm: at });
    replacing.delete(at);
    replaced++;
  };
  const plannedReplacements = [...(options.replace ?? [])];

  let step = 0;
  for (; !manager.finished; step++) {
    const due = plannedReplacements.findIndex((each) => each.step <= step && replacing.size === 0);
    if (due >= 0) {
      const [{ vm: name }] = plannedReplacements.splice(due, 1);
      const at = layout.vms.findIndex((vm) => vm.name === name);
      replacing.add(at);
      // The run may end first: then there is nothing left to replace.
      replacement = replaceVm(at).catch(() => void replacing.delete(at));
    }
    if (replacing.size > 0) await turn();
    if (step >= maxSteps) throw new Error(`the simulation with seed ${seed} has not ended after ${maxSteps} steps: ${JSON.stringify(manager.census())}`);
    const actor = random(vms.length + 1);
    if (actor === vms.length) manager.poll();
    else {
      const vm = vms[actor];
      const { name } = layout.vms[actor];
      if (vm !== null && !(stalled?.(name, step) ?? false)) {
        try {
          if (crash?.vm === name && !crashed) {
            storesLeft = pollUntilStore(vm, storesLeft, crash.when);
          } else vm.poll();
        } catch (error) {
          if (error instanceof SimulatedDeath) crashed = true;
          die(actor, error as Error);
        }
      }
    }
    desk.drain();
    onStep?.(step, () => manager.census());
  }
  desk.drain();
  over = true;
  await replacement;
  const report = snapshotReport(plan, layout, desk, { withFlows: options.flows ?? false, durationMs: performance.now() - startedAt });
  const census = manager.census();
  releaseRegion(shared.region);
  releaseControl(shared.control);
  return { ...report, census, steps: step, crashed, replaced };
}

/** Lets what waits for an answer go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Polls once; throws SimulatedDeath at the store where `storesLeft` runs out. Returns what is left of it. */
function pollUntilStore(vm: Vm, storesLeft: number, when: CrashPoint['when']): number {
  const real = Atomics.store.bind(Atomics);
  let left = storesLeft;
  // One thread: nobody else sees the replaced function.
  Atomics.store = ((array: Int32Array, index: number, value: number) => {
    left--;
    if (left === 0 && when === 'before') throw new SimulatedDeath('it died before a store, as the simulation was told');
    real(array, index, value);
    if (left === 0) throw new SimulatedDeath('it died after a store, as the simulation was told');
    return value;
  }) as typeof Atomics.store;
  try {
    vm.poll();
  } finally {
    Atomics.store = real;
  }
  return left;
}
