/** Checks the files that ports read and write, one by one and against each other. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { STANDARD_INPUT } from '../port/capture/byte-source.js';
import { STANDARD_OUTPUT } from '../port/capture/create-capture.js';
import { probeCapture } from '../port/capture/open-capture.js';
import { at, describe, TOP, type Findings, type Site } from './place.js';
import type { PlanPort, PlanPortSpec } from './plan.js';

type CapturePlan = Extract<PlanPortSpec, { kind: 'capture' }>;

/** The real path, without links, or null when the file has a problem. */
export async function checkReadable(findings: Findings, file: string, site: Site): Promise<string | null> {
  const found = describe(file);
  try {
    const info = await stat(file);
    // A stream shows what it is when it is read.
    if (file === STANDARD_INPUT && !info.isDirectory()) return file;
    if (!info.isFile()) {
      const what = info.isDirectory() ? 'a directory' : 'no regular file';
      findings.add('file-unreadable', site, { found, expected: 'a capture file', message: `${found} is ${what}` });
      return null;
    }
    await access(file, constants.R_OK);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
    const message = missing ? `there is no file ${found}` : `${found} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    findings.add(missing ? 'file-missing' : 'file-unreadable', site, {
      found: missing ? 'no file' : found,
      expected: 'a capture file',
      message,
    });
    return null;
  }
  const real = await realpath(file);
  const error = probeCapture(file);
  if (error !== null) {
    const readable = error.code !== 'capture-unreadable';
    const message = `${found} ${readable ? 'is not a capture' : 'cannot be read'}`;
    findings.add(readable ? 'not-a-capture' : 'file-unreadable', site, { found: error.found, expected: error.expected, message });
    return null;
  }
  return real;
}

/** Of the ports that read one file, each is another side of it, split in one way. */
export function checkSides(findings: Findings, ports: readonly PlanPort[]): void {
  const first = new Map<string, { name: string; spec: CapturePlan }[]>();
  for (const { name, spec } of ports) {
    if (spec.kind !== 'capture') continue;
    const site = at(TOP, 'ports', name);
    const before = first.get(spec.file) ?? [];
    const twin = before.find((port) => port.spec.side === spec.side || spec.side === null || port.spec.side === null);
    if (twin !== undefined) {
      const same = twin.spec.side !== null && spec.side !== null;
      const message = same
        ? `'${twin.name}' and '${name}' are the same side of one capture`
        : `'${twin.name}' and '${name}' read the same capture: packets would be there twice`;
      findings.add('same-side', at(site, 'side'), {
        found: describe(spec.side ?? undefined),
        expected: 'one port for each side',
        message,
      });
    } else if (before.length > 0 && !isDeepStrictEqual(before[0].spec.inside, spec.inside)) {
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

/** No two ports write one file, and none writes what is read. `reads` are real paths. */
export async function checkWrites(findings: Findings, ports: readonly PlanPort[], reads: ReadonlySet<string>): Promise<void> {
  const writers = new Map<string, string>();
  for (const { name, spec } of ports) {
    if ((spec.kind !== 'capture' && spec.kind !== 'sink') || spec.write === null) continue;
    const site = at(TOP, 'ports', name, 'write');
    const found = describe(spec.write);
    if (spec.write.endsWith('.gz')) {
      findings.add('write-impossible', site, {
        found,
        expected: "a name that ends in '.pcapng' or '.pcap'",
        message: 'captures are not compressed when written',
      });
      continue;
    }
    const target = await writeTarget(spec.write);
    if ('problem' in target) {
      findings.add('write-impossible', site, {
        found,
        expected: 'a place for a file',
        message: `${found} cannot be written: ${target.problem}`,
      });
      continue;
    }
    const other = writers.get(target.path);
    if (other !== undefined) {
      findings.add('write-twice', site, {
        found,
        expected: 'a file for each port',
        message: `'${other}' and '${name}' write the same file`,
      });
    }
    writers.set(target.path, name);
    if (reads.has(target.path)) {
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
    if (file === STANDARD_OUTPUT && !info.isDirectory()) return { path: file };
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
