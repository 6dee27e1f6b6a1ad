/** Checks captures and ports: shapes, names, files. Runs on the main thread, before any other. */
import { resolve } from 'node:path';
import { parsePrefix } from '../packet/address.js';
import { minimumFrame } from '../port/generator.js';
import { checkReadable, checkSides, checkWrites } from './check-files.js';
import { checkLegs } from './check-legs.js';
import { checkInterface, checkInterfaces, checkVxlan } from './check-live.js';
import { checkName } from './check-name.js';
import { at, describe, oneOf, TOP, type Findings, type Site } from './place.js';
import type { PlanPort, PlanPortSpec } from './plan.js';
import { QueuePort } from './queue-port.js';
import { readPart } from './readable-part.js';
import { captureShape, MAX_PORTS, portShapes } from './schema.js';
import { readShape } from './shape.js';
import { didYouMean, nearest } from './suggest.js';

/** What the generator makes when it is told no lengths. */
const DEFAULT_FRAME_BYTES = 64;
const PORT_KINDS = ['capture', 'generator', 'sink', 'memory', 'module', 'queue', 'vxlan', 'af-packet', 'af-xdp', 'tap', 'tun'] as const;

interface CheckedCapture {
  readonly file: string;
  readonly inside: string[] | null;
}

/**
 * @param given whether there is a map under `ports`; when not, that is reported already.
 * @returns the ports, in order; null for a port with problems. Paths may still name it.
 */
export async function checkPorts(
  findings: Findings,
  captures: Readonly<Record<string, unknown>>,
  ports: Readonly<Record<string, unknown>>,
  baseDirectory: string,
  given: boolean,
): Promise<Map<string, PlanPort | null>> {
  const reads = new Set<string>();
  const named = new Map<string, CheckedCapture | null>();
  for (const [name, value] of Object.entries(captures)) {
    const site = at(TOP, 'captures', name);
    checkName(findings, name, site, 'a capture');
    const part = readPart(findings, captureShape, value, site);
    const capture = part === null ? null : await checkCapture(findings, part.value, site, reads, baseDirectory);
    named.set(name, part?.isWhole === true ? capture : null);
  }

  const checked = new Map<string, PlanPort | null>();
  const names = Object.keys(ports);
  for (const [name, value] of Object.entries(ports)) {
    const site = at(TOP, 'ports', name);
    checkName(findings, name, site, 'a port');
    const spec = await checkPort(findings, value, site, named, reads, baseDirectory);
    checked.set(name, spec === null ? null : { name, spec });
  }
  const site = at(TOP, 'ports');
  if (names.length === 0 && given) {
    findings.add('wrong-value', site, {
      found: 'an empty map',
      expected: 'at least one port',
      message: 'there are no ports',
    });
  }
  if (names.length > MAX_PORTS) {
    findings.add('too-many', site, {
      found: String(names.length),
      expected: `at most ${MAX_PORTS}`,
      message: 'too many ports',
    });
  }

  const planned = [...checked.values()].filter((port) => port !== null);
  checkSides(findings, planned);
  checkInterfaces(findings, planned);
  checkLegs(findings, planned);
  await checkWrites(findings, planned, reads);
  return checked;
}

async function checkCapture(
  findings: Findings,
  spec: { file: string; inside?: readonly string[] | undefined },
  site: Site,
  reads: Set<string>,
  baseDirectory: string,
): Promise<CheckedCapture> {
  const file = resolve(baseDirectory, spec.file);
  const place = at(site, 'file');
  const real = await checkReadable(findings, file, place);
  if (real !== null) reads.add(real);
  spec.inside?.forEach((prefix, index) => {
    if (parsePrefix(prefix) !== null) return;
    const expected = 'a prefix such as 10.0.0.0/8 or fd00::/8';
    findings.add('bad-prefix', at(site, 'inside', index), {
      found: describe(prefix),
      expected,
      message: `${describe(prefix)} is not a prefix`,
    });
  });
  return { file, inside: spec.inside === undefined ? null : [...spec.inside] };
}

async function checkPort(
  findings: Findings,
  value: unknown,
  site: Site,
  named: ReadonlyMap<string, CheckedCapture | null>,
  reads: Set<string>,
  baseDirectory: string,
): Promise<PlanPortSpec | null> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    findings.add('wrong-type', site, { found: describe(value), expected: 'a map', message: 'a port is not a map' });
    return null;
  }
  const kind = 'kind' in value ? value.kind : 'capture';
  switch (kind) {
    case 'capture':
      return checkCapturePort(findings, value, site, named, reads, baseDirectory);
    case 'generator':
      return checkGenerator(findings, value, site);
    case 'sink': {
      const shape = readShape(findings, portShapes.sink, value, site);
      return shape === null ? null : { kind, write: writeOf(shape.write, baseDirectory) };
    }
    case 'memory': {
      const shape = readShape(findings, portShapes.memory, value, site);
      return shape === null ? null : { kind, packets: shape.packets ?? [], linkType: shape.linkType ?? 1 };
    }
    case 'af-packet':
    case 'af-xdp':
    case 'tap':
    case 'tun':
      return checkInterface(findings, value, site);
    case 'vxlan':
      return checkVxlan(findings, value, site);
    case 'module': {
      const shape = readShape(findings, portShapes.module, value, site);
      return shape === null ? null : { kind, module: shape.module, options: shape.options };
    }
    case 'queue':
      if (value instanceof QueuePort) return { kind };
      findings.add('wrong-type', site, {
        found: describe(value),
        expected: 'what queuePort() returns',
        message: 'this is not a queue port',
      });
      return null;
    default: {
      const message = typeof kind === 'string' ? `there is no kind of port '${kind}'${didYouMean(kind, PORT_KINDS)}` : "'kind' is not a text";
      findings.add(typeof kind === 'string' ? 'wrong-value' : 'wrong-type', at(site, 'kind'), {
        found: describe(kind),
        expected: oneOf(PORT_KINDS),
        message,
      });
      // Checked as what it was most likely meant to be, so that this mistake hides no other.
      const meant = typeof kind === 'string' ? nearest(kind, PORT_KINDS) : null;
      if (meant !== null) await checkPort(findings, ofKind(value, meant), site, named, reads, baseDirectory);
      return null;
    }
  }
}

/** Ports that read a capture say so by their keys alone. */
function ofKind(value: object, kind: string): object {
  const { kind: _, ...keys } = value as Record<string, unknown>;
  return kind === 'capture' ? keys : { ...keys, kind };
}

async function checkCapturePort(
  findings: Findings,
  value: object,
  site: Site,
  named: ReadonlyMap<string, CheckedCapture | null>,
  reads: Set<string>,
  baseDirectory: string,
): Promise<PlanPortSpec | null> {
  if (namesCapture(value)) {
    const part = readPart(findings, portShapes.capture, value, site);
    if (part === null) return null;
    const shape = part.value;
    const capture = named.get(shape.capture);
    if (capture === undefined) {
      const names = [...named.keys()];
      const message = `there is no capture '${shape.capture}'${didYouMean(shape.capture, names)}`;
      findings.add('unknown-capture', at(site, 'capture'), { found: `'${shape.capture}'`, expected: oneOf(names), message });
    }
    return capture == null || !part.isWhole ? null : { kind: 'capture', ...capture, side: shape.side ?? null, write: writeOf(shape.write, baseDirectory) };
  }
  const part = readPart(findings, portShapes.file, value, site);
  if (part === null) return null;
  const shape = part.value;
  const capture = await checkCapture(findings, shape, site, reads, baseDirectory);
  if (!part.isWhole) return null;
  if (shape.inside !== undefined && shape.side === undefined) {
    const message = "'side' is missing: prefixes split a capture in two, and the port is one of them";
    findings.add('missing-key', at(site, 'side'), { found: 'nothing', expected: oneOf(['inside', 'outside']), message });
    return null;
  }
  return { kind: 'capture', ...capture, side: shape.side ?? null, write: writeOf(shape.write, baseDirectory) };
}

/** Whether a port reads a capture by its name; a slip of the pen changes nothing about that. */
function namesCapture(value: object): boolean {
  if ('capture' in value || 'file' in value) return 'capture' in value;
  return Object.keys(value).some((key) => nearest(key, ['capture', ...Object.keys(portShapes.file.shape)]) === 'capture');
}

function writeOf(write: string | undefined, baseDirectory: string): string | null {
  return write === undefined ? null : resolve(baseDirectory, write);
}

function checkGenerator(findings: Findings, value: object, site: Site): PlanPortSpec | null {
  const part = readPart(findings, portShapes.generator, value, site);
  if (part === null) return null;
  const shape = part.value;
  const { lengths = DEFAULT_FRAME_BYTES, protocol = 'udp', version = 4 } = shape;
  const [shortest, longest] =
    typeof lengths === 'number' ? [lengths, lengths] : Array.isArray(lengths) ? [lengths.reduce((least, each) => Math.min(least, each)), Infinity] : [lengths.minimum, lengths.maximum];
  const least = minimumFrame(protocol, version);
  const place = at(site, 'lengths');
  if (shortest < least) {
    const message = `${protocol} over IPv${version} needs longer frames`;
    findings.add('impossible-size', place, { found: String(shortest), expected: `at least ${least}`, message });
  } else if (longest < shortest) {
    findings.add('impossible-size', place, {
      found: `${shortest} to ${longest}`,
      expected: 'minimum, then maximum',
      message: 'the range of lengths is empty',
    });
  }
  return !part.isWhole ? null : definedOnly({ ...shape, kind: 'generator' as const });
}

/** Optional keys are there or not there; never there and undefined. */
function definedOnly<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [Key in keyof Value]: Exclude<Value[Key], undefined> };
}
