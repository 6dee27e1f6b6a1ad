/** Checks service paths: their ports, match and chain. Runs on the main thread, before any other. */
import type { Chain } from '../chain/chain.js';
import { parseMatch } from '../flow/match-text.js';
import { checkPathEnds } from './check-legs.js';
import { isChain, type CheckedChain } from './check-chains.js';
import { DEFAULTS } from './configuration.js';
import type { PlanPort } from './plan.js';
import { at, describe, oneOf, TOP, type Findings, type Site } from './place.js';
import { readPart } from './readable-part.js';
import { MAX_PATHS, pathShapes } from './schema.js';
import { didYouMean } from './suggest.js';

/** A path by names. */
export interface CheckedPath {
  readonly from: string;
  readonly to: string;
  readonly bothWays: boolean;
  readonly match: string;
  readonly chain: string;
  /** Places in the chain of the functions that packets pass; null: all. */
  readonly through: readonly number[] | null;
}

/** Chains that paths hold as values. */
export function chainsInPaths(paths: readonly unknown[]): Chain[] {
  return paths.map((path) => (typeof path === 'object' && path !== null && 'via' in path ? path.via : null)).filter(isChain);
}

export function checkPaths(
  findings: Findings,
  paths: readonly unknown[],
  ports: ReadonlyMap<string, PlanPort | null>,
  chains: ReadonlyMap<string, CheckedChain>,
): CheckedPath[] {
  const site = at(TOP, 'paths');
  if (paths.length === 0) {
    findings.add('wrong-value', site, {
      found: 'an empty list',
      expected: 'at least one path',
      message: 'there are no paths: every packet would be dropped',
    });
  }
  if (paths.length > MAX_PATHS) {
    findings.add('too-many', site, { found: String(paths.length), expected: `at most ${MAX_PATHS}`, message: 'too many paths' });
  }
  return paths.map((path, index) => checkPath(findings, path, at(site, index), ports, chains)).filter((path) => path !== null);
}

function checkPath(
  findings: Findings,
  value: unknown,
  site: Site,
  ports: ReadonlyMap<string, PlanPort | null>,
  chains: ReadonlyMap<string, CheckedChain>,
): CheckedPath | null {
  const oneWay = typeof value === 'object' && value !== null && !('between' in value) && ('from' in value || 'to' in value);
  const part = readPart(findings, oneWay ? pathShapes.oneWay : pathShapes.between, value, site);
  if (part === null) return null;
  const shape = part.value;
  const [from, to, fromSite, toSite] =
    'between' in shape
      ? [...shape.between, at(site, 'between', 0), at(site, 'between', 1)] as const
      : ([shape.from, shape.to, at(site, 'from'), at(site, 'to')] as const);
  for (const [name, place] of [[from, fromSite], [to, toSite]] as const) {
    if (ports.has(name)) continue;
    const names = [...ports.keys()];
    const message = `there is no port '${name}'${didYouMean(name, names)}`;
    findings.add('unknown-port', place, { found: `'${name}'`, expected: oneOf(names), message });
  }
  if (from === to) {
    findings.add('same-port', toSite, {
      found: `'${to}' twice`,
      expected: 'two ports',
      message: `the path begins and ends at '${to}'`,
    });
  }
  const ends = [ports.get(from), ports.get(to)];
  if (ends[0] != null && ends[1] != null) checkPathEnds(findings, [ends[0], ends[1]], site);
  const match = shape.match ?? DEFAULTS.match;
  const parsed = parseMatch(match);
  if ('problem' in parsed) {
    const { message, found, expected, line, column } = parsed.problem;
    findings.add('bad-match', at(site, 'match'), { found, expected, message, within: { line, column } });
  }
  const chain = checkVia(findings, shape.via, at(site, 'via'), chains);
  if (chain === null) return null;
  const through = shape.through === undefined ? null : checkThrough(findings, shape.through, at(site, 'through'), chains.get(chain));
  return { from, to, bothWays: 'between' in shape, match, chain, through };
}

function checkThrough(findings: Findings, named: readonly string[], site: Site, chain: CheckedChain | undefined): number[] {
  if (chain === undefined) return [];
  const { names, options } = chain;
  const places = named.map((name) => names.indexOf(name));
  places.forEach((place, at_) => {
    if (place >= 0) return;
    const message = `the chain '${chain.name}' has no function '${named[at_]}'${didYouMean(named[at_], names)}`;
    findings.add('unknown-function', at(site, at_), { found: `'${named[at_]}'`, expected: oneOf(names), message });
  });
  if (places.every((place) => place >= 0) && places.some((place, at_) => at_ > 0 && place <= places[at_ - 1])) {
    const message = "'through' is not in the order of the chain";
    findings.add('wrong-value', site, { found: named.join(', '), expected: names.filter((name) => named.includes(name)).join(', '), message });
  }
  if (options.placement !== 'per-vm') {
    const message = `packets cannot pass some functions only of '${chain.name}', which may run together`;
    findings.add('wrong-value', site, { found: `placement: ${options.placement}`, expected: 'placement: per-vm', message });
  }
  return places;
}

function checkVia(findings: Findings, via: unknown, site: Site, chains: ReadonlyMap<string, CheckedChain>): string | null {
  if (isChain(via)) return via.name;
  if (via === undefined) {
    findings.add('missing-key', site, { found: 'nothing', expected: 'a chain', message: "'via' is missing" });
    return null;
  }
  if (typeof via !== 'string') {
    findings.add('wrong-type', site, { found: describe(via), expected: 'a chain', message: "'via' is not a chain" });
    return null;
  }
  if (chains.has(via)) return via;
  const names = [...chains.keys()];
  findings.add('unknown-chain', site, {
    found: `'${via}'`,
    expected: oneOf(names),
    message: `there is no chain '${via}'${didYouMean(via, names)}`,
  });
  return null;
}
