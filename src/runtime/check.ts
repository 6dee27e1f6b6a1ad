/**
 * Checks a whole configuration and makes the plan of what to run. Finds all mistakes at once. Runs on the main thread
 * before any other thread exists; it reads files but writes none.
 */
import { isDeepStrictEqual } from 'node:util';
import { checkChains } from './check-chains.js';
import { chainsInPaths, checkPaths } from './check-paths.js';
import { checkChunks, checkThreads } from './check-live.js';
import { checkPorts } from './check-ports.js';
import { DEFAULTS } from './configuration.js';
import { BUILT_IN_DROPS, FIRST_DECLARED_DROP, MAX_DROP_REASONS } from '../observe/drop-reasons.js';
import { STOCK_FUNCTIONS, type FunctionModules } from './functions.js';
import { at, describe, Findings, TOP, type ConfigurationSource } from './place.js';
import { place } from './placement.js';
import { halvesOf, isLive } from './live-ports.js';
import type { Plan, PlanFunction, PlanPort } from './plan.js';
import type { Problem } from './problems.js';
import { ConfigurationError } from './problems.js';
import { readPart } from './readable-part.js';
import { DEFAULT_START_TIMEOUT_MS, checkStartTimeout } from './start-error.js';
import { MAX_REGION_BYTES, topShape } from './schema.js';

export interface CheckOptions {
  /** Paths are relative to it. Default: the working directory. */
  baseDirectory?: string;
  /** The text it was read from, so that problems carry line and column. */
  source?: ConfigurationSource;
  /** Stock functions by name. */
  functions?: FunctionModules;
  /** How long importing a module, or one check of its options, may take, in milliseconds. Default: 60 000. */
  startTimeoutMs?: number;
}

export type CheckResult = { readonly problems: readonly Problem[] } | { readonly plan: Plan };

/** Checks a configuration, from TypeScript or YAML. Never throws for what is wrong in it. @throws RangeError when `startTimeoutMs` is no time. */
export async function checkConfiguration(configuration: unknown, options: CheckOptions = {}): Promise<CheckResult> {
  const { baseDirectory = process.cwd(), source = null, functions = STOCK_FUNCTIONS, startTimeoutMs: limitMs = DEFAULT_START_TIMEOUT_MS } = options;
  checkStartTimeout(limitMs);
  const findings = new Findings(source);
  if (typeof configuration !== 'object' || configuration === null || Array.isArray(configuration)) {
    findings.add('wrong-type', TOP, {
      found: describe(configuration),
      expected: 'a map with ports and paths',
      message: 'the configuration is not a map',
    });
    return { problems: findings.problems };
  }
  // A part of the wrong type is reported here, and the rest of the configuration is checked without it.
  const { $schema: _, ...written } = configuration as Record<string, unknown>;
  const document: Record<string, unknown> = readPart(findings, topShape, written, TOP)?.value ?? written;
  const captures = mapOf(document.captures);
  const paths = Array.isArray(document.paths) ? (document.paths as unknown[]) : null;

  const ports = await checkPorts(findings, captures, mapOf(document.ports), baseDirectory, isMap(document.ports));
  const chains = await checkChains({ findings, baseDirectory, stock: functions, ports: [...ports.keys()], limitMs }, mapOf(document.chains), chainsInPaths(paths ?? []));
  const checkedPaths = paths === null ? [] : checkPaths(findings, paths, ports, chains);
  const memory = checkMemory(findings, mapOf(document.memory));
  checkThreads(findings, document.threads, [...ports.values()]);
  checkChunks(findings, [...ports.values()], memory.slotBytes);

  const used = [...new Set(checkedPaths.map(({ chain }) => chain))].map((name) => chains.get(name)).filter((chain) => chain !== undefined);
  const { functions: placedFunctions, vms, replicasOf, spreadOf } = place(used, document.threads === 'one', threadsOf([...ports.values()]));
  const drops = checkDrops(findings, placedFunctions);
  if (findings.problems.length > 0) return { problems: inTextOrder(findings.problems) };

  const portNames = [...ports.keys()];
  const top = topShape.parse(document);
  return {
    plan: {
      ports: [...ports.values()].filter((port) => port !== null),
      functions: placedFunctions,
      vms,
      paths: checkedPaths.map(({ from, to, chain, through, ...path }) => ({
        from: portNames.indexOf(from),
        to: portNames.indexOf(to),
        ...path,
        chain,
        routing: chains.get(chain)!.options.routing,
        replicas: waysOf(replicasOf.get(chain)!, through),
        spread: spreadOf.get(chain)!,
      })),
      drops,
      memory,
      flows: top.flows ?? DEFAULTS.flows,
      mode: top.mode ?? DEFAULTS.mode,
      burst: top.burst ?? DEFAULTS.burst,
      wakeUp: top.wakeUp ?? DEFAULTS.wakeUp,
      threads: top.threads ?? DEFAULTS.threads,
    },
  };
}

/** Through all functions of a chain or some of them, and each way once: without those that are replicated there is one. */
function waysOf(replicas: readonly (readonly number[])[], through: readonly number[] | null): number[][] {
  const ways = replicas.map((placed) => (through === null ? [...placed] : through.map((place) => placed[place])));
  return ways.filter((way, at) => ways.findIndex((other) => isDeepStrictEqual(other, way)) === at);
}

/** The plan of a configuration. @throws ConfigurationError with all problems. */
export async function planConfiguration(configuration: unknown, options: CheckOptions = {}): Promise<Plan> {
  const result = await checkConfiguration(configuration, options);
  if ('problems' in result) throw new ConfigurationError(result.problems);
  return result.plan;
}

/** Of live ports, where they have threads of their own. */
function threadsOf(ports: readonly (PlanPort | null)[]): number {
  return ports.reduce((sum, port) => sum + (port !== null && isLive(port.spec) ? halvesOf(port.spec).length : 0), 0);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}

/** What the shape cannot say: powers of two, and the region as a whole. */
function checkMemory(findings: Findings, shape: Record<string, unknown>): Plan['memory'] {
  const slots = typeof shape.slots === 'number' ? shape.slots : DEFAULTS.slots;
  const slotBytes = typeof shape.slotBytes === 'number' ? shape.slotBytes : DEFAULTS.slotBytes;
  const site = at(TOP, 'memory');
  if (Number.isInteger(slotBytes) && slotBytes > 0 && !Number.isInteger(Math.log2(slotBytes))) {
    const near = 2 ** Math.ceil(Math.log2(slotBytes));
    const expected = `a power of two, such as ${near}`;
    findings.add('impossible-size', at(site, 'slotBytes'), {
      found: String(slotBytes),
      expected,
      message: "'slotBytes' is not a power of two",
    });
  } else if (slots * slotBytes > MAX_REGION_BYTES) {
    const found = `${slots} slots of ${slotBytes} B: ${slots * slotBytes} B`;
    findings.add('impossible-size', site, {
      found,
      expected: `at most ${MAX_REGION_BYTES} B`,
      message: 'the region is larger than addresses can reach',
    });
  }
  return { slots, slotBytes };
}

function checkDrops(findings: Findings, placed: readonly PlanFunction[]): string[] {
  const builtIn: readonly string[] = BUILT_IN_DROPS.map(({ name }) => name);
  const drops = [...new Set(placed.flatMap((each) => each.drops))].filter((name) => !builtIn.includes(name));
  const most = MAX_DROP_REASONS - FIRST_DECLARED_DROP;
  if (drops.length > most) {
    findings.add('too-many', at(TOP, 'chains'), {
      found: String(drops.length),
      expected: `at most ${most}`,
      message: 'the network functions declare too many drop reasons',
    });
  }
  return drops;
}

/** By line, so that a reader goes through the file once. Problems without a line keep their order, in front. */
function inTextOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
