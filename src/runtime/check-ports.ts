/** Checks captures and ports: shapes, names, files. Runs on the main thread, before any other. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parsePrefixText } from '../flow/prefix.js';
import type { CaptureSpec } from './configuration.js';
import { checkName } from './check-name.js';
import { probeFile } from './probe-file.js';
import { at, describe, oneOf, TOP, type Findings, type Site } from './place.js';
import type { PlanPort, PlanPortSpec } from './plan.js';
import { captureShape, MAX_PORTS, portShapes } from './schema.js';
import { readShape } from './shape.js';
import { didYouMean } from './suggest.js';

const PORT_KINDS = ['capture', 'generator', 'sink', 'memory', 'queue'] as const;
const DEFAULT_GENERATOR = { bytes: 512, flows: 16 } as const;

type CapturePlan = Extract<PlanPortSpec, { kind: 'capture' }>;

/** A file that is read, with what stands where. */
interface ReadFile {
  readonly path: string;
  readonly site: Site;
}

interface CheckedCapture {
  readonly file: string;
  readonly inside: string[] | null;
}

/**
 * @param given whether there is anything under `ports`; when not, that is reported already.
 * @returns the ports, in order; null for a port with problems. Paths may still name it.
 */
export async function checkPorts(
  findings: Findings,
  captures: Readonly<Record<string, unknown>>,
  ports: Readonly<Record<string, unknown>>,
  baseDirectory: string,
  given: boolean,
): Promise<Map<string, PlanPort | null>> {
  const reads: ReadFile[] = [];
  const named = new Map<string, CheckedCapture | null>();
  for (const [name, value] of Object.entries(captures)) {
    const site = at(TOP, 'captures', name);
    checkName(findings, name, site, 'a capture');
    const shape = readShape(findings, captureShape, value, site);
    named.set(name, shape === null ? null : await checkCapture(findings, shape, site, reads, baseDirectory));
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
  if (names.length === 0 && given) findings.add('wrong-value', site, { found: 'an empty map', expected: 'at least one port', message: 'there are no ports' });
  if (names.length > MAX_PORTS) findings.add('too-many', site, { found: String(names.length), expected: `at most ${MAX_PORTS}`, message: 'too many ports' });

  const planned = [...checked.values()].filter((port) => port !== null);
  checkSides(findings, planned);
  await checkWrites(findings, planned, reads);
  return checked;
}

async function checkCapture(findings: Findings, spec: { file: string; inside?: readonly string[] | undefined }, site: Site, reads: ReadFile[], baseDirectory: string): Promise<CheckedCapture> {
  const file = resolve(baseDirectory, spec.file);
  const place = at(site, 'file');
  const real = await checkReadable(findings, file, place);
  if (real !== null) reads.push({ path: real, site: place });
  spec.inside?.forEach((prefix, index) => {
    if (parsePrefixText(prefix) !== null) return;
    const expected = 'a prefix such as 10.0.0.0/8 or fd00::/8';
    findings.add('bad-prefix', at(site, 'inside', index), { found: describe(prefix), expected, message: `${describe(prefix)} is not a prefix` });
  });
  return { file, inside: spec.inside === undefined ? null : [...spec.inside] };
}

/** The real path, without links, or null when the file has a problem. */
async function checkReadable(findings: Findings, file: string, site: Site): Promise<string | null> {
  const found = describe(file);
  try {
    const info = await stat(file);
    if (!info.isFile()) {
      const what = info.isDirectory() ? 'a directory' : 'no regular file';
      findings.add('file-unreadable', site, { found, expected: 'a capture file', message: `${found} is ${what}` });
      return null;
    }
    await access(file, constants.R_OK);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
    const message = missing ? `there is no file ${found}` : `${found} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    findings.add(missing ? 'file-missing' : 'file-unreadable', site, { found: missing ? 'no file' : found, expected: 'a capture file', message });
    return null;
  }
  const real = await realpath(file);
  const problem = await probeFile(file);
  if (problem !== null) {
    findings.add('not-a-capture', site, { found: problem, expected: 'pcap or pcapng, plain or gzipped', message: `${found} is not a capture` });
    return null;
  }
  return real;
}

async function checkPort(
  findings: Findings,
  value: unknown,
  site: Site,
  named: ReadonlyMap<string, CheckedCapture | null>,
  reads: ReadFile[],
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
    case 'generator': {
      const shape = readShape(findings, portShapes.generator, value, site);
      const { bytes, flows } = DEFAULT_GENERATOR;
      return shape === null ? null : { kind, packets: shape.packets, bytes: shape.bytes ?? bytes, flows: shape.flows ?? flows };
    }
    case 'sink':
      return readShape(findings, portShapes.sink, value, site) === null ? null : { kind };
    case 'memory': {
      const shape = readShape(findings, portShapes.memory, value, site);
      return shape === null ? null : { kind, packets: shape.packets ?? [], linkType: shape.linkType ?? 1 };
    }
    case 'queue':
      return { kind };
    default: {
      const message = typeof kind === 'string' ? `there is no kind of port '${kind}'${didYouMean(kind, PORT_KINDS)}` : "'kind' is not a text";
      findings.add(typeof kind === 'string' ? 'wrong-value' : 'wrong-type', at(site, 'kind'), { found: describe(kind), expected: oneOf(PORT_KINDS), message });
      return null;
    }
  }
}

async function checkCapturePort(
  findings: Findings,
  value: object,
  site: Site,
  named: ReadonlyMap<string, CheckedCapture | null>,
  reads: ReadFile[],
  baseDirectory: string,
): Promise<CapturePlan | null> {
  const writeOf = (write: string | undefined): string | null => (write === undefined ? null : resolve(baseDirectory, write));
  if ('capture' in value) {
    const shape = readShape(findings, portShapes.capture, value, site);
    if (shape === null) return null;
    const capture = named.get(shape.capture);
    if (capture === undefined) {
      const names = [...named.keys()];
      const message = `there is no capture '${shape.capture}'${didYouMean(shape.capture, names)}`;
      findings.add('unknown-capture', at(site, 'capture'), { found: `'${shape.capture}'`, expected: oneOf(names), message });
    }
    return capture == null ? null : { kind: 'capture', ...capture, side: shape.side ?? null, write: writeOf(shape.write) };
  }
  if ('file' in value || !('write' in value)) {
    const shape = readShape(findings, portShapes.file, value, site);
    if (shape === null) return null;
    const capture = await checkCapture(findings, shape satisfies Pick<CaptureSpec, 'file'>, site, reads, baseDirectory);
    if (shape.inside !== undefined && shape.side === undefined) {
      const message = "'side' is missing: prefixes split a capture in two, and the port is one of them";
      findings.add('missing-key', at(site, 'side'), { found: 'nothing', expected: oneOf(['inside', 'outside']), message });
      return null;
    }
    return { kind: 'capture', ...capture, side: shape.side ?? null, write: writeOf(shape.write) };
  }
  const shape = readShape(findings, portShapes.write, value, site);
  return shape === null ? null : { kind: 'capture', file: null, inside: null, side: null, write: writeOf(shape.write) };
}

/** Of the ports that read one file, each is another side of it, split in one way. */
function checkSides(findings: Findings, ports: readonly PlanPort[]): void {
  const first = new Map<string, { name: string; spec: CapturePlan }[]>();
  for (const { name, spec } of ports) {
    if (spec.kind !== 'capture' || spec.file === null) continue;
    const site = at(TOP, 'ports', name);
    const before = first.get(spec.file) ?? [];
    const twin = before.find((port) => port.spec.side === spec.side || spec.side === null || port.spec.side === null);
    if (twin !== undefined) {
      const same = twin.spec.side === spec.side && spec.side !== null;
      const message = same
        ? `'${twin.name}' and '${name}' are the same side of one capture`
        : `'${twin.name}' and '${name}' read the same capture: packets would be there twice`;
      findings.add('same-side', at(site, 'side'), { found: describe(spec.side ?? undefined), expected: 'one port for each side', message });
    } else if (before[0] !== undefined && !isDeepStrictEqual(before[0].spec.inside, spec.inside)) {
      const list = (inside: string[] | null): string => (inside === null ? 'no prefixes' : inside.join(', '));
      findings.add('sides-differ', at(site, 'inside'), {
        found: list(spec.inside),
        expected: list(before[0].spec.inside),
        message: `'${before[0].name}' and '${name}' split one capture by different prefixes`,
      });
    }
    first.set(spec.file, [...before, { name, spec }]);
  }
}

async function checkWrites(findings: Findings, ports: readonly PlanPort[], reads: readonly ReadFile[]): Promise<void> {
  const writers = new Map<string, string>();
  for (const { name, spec } of ports) {
    if (spec.kind !== 'capture' || spec.write === null) continue;
    const site = at(TOP, 'ports', name, 'write');
    const found = describe(spec.write);
    const target = await writeTarget(spec.write);
    if ('problem' in target) {
      findings.add('write-impossible', site, { found, expected: 'a place for a file', message: `${found} cannot be written: ${target.problem}` });
      continue;
    }
    const other = writers.get(target.path);
    if (other !== undefined) {
      findings.add('write-twice', site, { found, expected: 'a file for each port', message: `'${other}' and '${name}' write the same file` });
    }
    writers.set(target.path, name);
    if (reads.some(({ path }) => path === target.path)) {
      findings.add('write-over-read', site, { found, expected: 'another file', message: `'${name}' writes the file that is read` });
    }
  }
}

/** The real path of a file to write, whose directories need not exist yet, or why it cannot be written. */
async function writeTarget(file: string): Promise<{ path: string } | { problem: string }> {
  let below = '';
  for (let path = file; ; path = dirname(path)) {
    const info = await stat(path).catch(() => null);
    if (info === null && dirname(path) !== path) {
      below = join(basename(path), below);
      continue;
    }
    if (info === null) return { problem: 'there is no such place' };
    if (below === '' && !info.isFile()) return { problem: info.isDirectory() ? 'it is a directory' : 'it is no regular file' };
    if (below !== '' && !info.isDirectory()) return { problem: `${describe(path)} is not a directory` };
    const writable = await access(path, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!writable) return { problem: `no permission to write ${describe(path)}` };
    return { path: join(await realpath(path), below).replace(/[/\\]$/, '') };
  }
}
