/**
 * Hot: `lookup` does not allocate or throw. The one classifier (system S20): an ordered list of entries, each a matching
 * function with a target. The first match stops the traversal. Its target is where the packet goes, or a sub-table
 * that decides alone: what matches nothing there gets the sub-table's own default and never returns to the parent.
 *
 * A table belongs to one thread. An edit makes a new list and puts it in place by one store, so a lookup sees the
 * entries before the edit or those after it, never a mixture.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';
import type { Packet } from '../packet/packet.js';
import type { Generation } from '../ring/generation.js';
import { compileMatch, type Matcher } from './compile-match.js';
import type { Match } from './match.js';
import { compileFunction, type MatchingFunction } from './matching-function.js';

/** Tables on the longest way from a top table to a leaf. Bounds the work for a packet; real policies need 3 or 4. */
export const MAX_TABLE_DEPTH = 8;

export type FlowTableErrorCode = 'flow-table-cycle' | 'flow-table-depth' | 'flow-table-entry';

/** An edit that was refused. The table is as it was. */
export class FlowTableError extends Error {
  readonly code: FlowTableErrorCode;

  constructor(code: FlowTableErrorCode, message: string) {
    super(message);
    this.name = 'FlowTableError';
    this.code = code;
  }
}

/** What an entry is made of. Higher priorities come first (0 if left out), equal ones in the order of insertion. */
export interface EntrySpec<Target> {
  readonly match: Match | MatchingFunction | Matcher;
  readonly target: Target | FlowTable<Target>;
  readonly priority?: number;
  /** For people: shown by `list()`. */
  readonly name?: string;
}

export interface FlowTableOptions<Target> {
  readonly name: string;
  /** Where a packet goes that no entry matches. */
  readonly default: Target;
  /** Bumped after each edit of this table or of a table below it. */
  readonly generation?: Generation;
  /** Needed only by matches on `ingressPort`. */
  readonly headers?: SlotHeaders;
}

/** One line of `list()`. The last row of a table is its default. */
export interface FlowTableRow<Target> {
  readonly table: string;
  /** 0 for the table that was asked, 1 for its sub-tables, … */
  readonly depth: number;
  /** Id of the entry; null for the default. */
  readonly id: number | null;
  readonly name: string;
  readonly priority: number;
  readonly match: Match | MatchingFunction | 'custom' | 'default';
  readonly target: Target | { readonly table: string };
  readonly evaluated: number;
  readonly matched: number;
}

interface Entry<Target> {
  readonly id: number;
  readonly name: string;
  readonly priority: number;
  readonly match: EntrySpec<Target>['match'];
  readonly matcher: Matcher;
  readonly target: Target | null;
  readonly subTable: FlowTable<Target> | null;
  /** Packets evaluated and packets matched. */
  readonly counts: Float64Array;
}

const EVALUATED = 0;
const MATCHED = 1;

export class FlowTable<Target> {
  readonly name: string;
  readonly #generation: Generation | null;
  readonly #headers: SlotHeaders | undefined;
  #entries: readonly Entry<Target>[] = [];
  #default: Target;
  readonly #defaultCounts = new Float64Array(2);
  /** Tables that have an entry into this one. */
  readonly #parents = new Set<FlowTable<Target>>();
  #nextId = 1;

  constructor(options: FlowTableOptions<Target>) {
    this.name = options.name;
    this.#default = options.default;
    this.#generation = options.generation ?? null;
    this.#headers = options.headers;
  }

  /** The target of the packet. Counts every entry that it evaluates. */
  lookup(packet: Packet): Target {
    let table: FlowTable<Target> = this; // oxlint-disable-line typescript/no-this-alias -- the walk goes down the tables
    for (;;) {
      const hit = table.#firstMatch(packet);
      if (hit === null) {
        table.#defaultCounts[MATCHED]++;
        return table.#default;
      }
      if (hit.subTable === null) return hit.target!;
      table = hit.subTable;
    }
  }

  #firstMatch(packet: Packet): Entry<Target> | null {
    const entries = this.#entries;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at];
      entry.counts[EVALUATED]++;
      if (entry.matcher.matches(packet)) {
        entry.counts[MATCHED]++;
        return entry;
      }
    }
    return null;
  }

  /** Entries of this table, sub-tables not counted. */
  get count(): number {
    return this.#entries.length;
  }

  get default(): Target {
    return this.#default;
  }

  /** Packets that no entry matched. */
  get defaultMatched(): number {
    return this.#defaultCounts[MATCHED];
  }

  /** @throws FlowTableError when the target would close a cycle or go deeper than `MAX_TABLE_DEPTH`. */
  add(spec: EntrySpec<Target>): number {
    const entry = this.#entry(this.#nextId, spec, new Float64Array(2));
    this.#install(inserted(this.#entries, entry));
    return this.#nextId++;
  }

  /** @throws FlowTableError when there is no such entry. */
  remove(id: number): void {
    const entry = this.#find(id);
    this.#install(this.#entries.filter((other) => other !== entry));
  }

  /** Puts another entry in the place of one. It keeps its id, its counters and, when the priority is the same, its place. */
  replace(id: number, spec: EntrySpec<Target>): void {
    const old = this.#find(id);
    const entry = this.#entry(id, { priority: old.priority, ...spec }, old.counts);
    if (entry.priority === old.priority) this.#install(this.#entries.map((other) => (other === old ? entry : other)));
    else this.#install(inserted(this.#entries.filter((other) => other !== old), entry));
  }

  /** Exchanges the places of two entries, with their priorities. */
  swap(idA: number, idB: number): void {
    const a = this.#find(idA);
    const b = this.#find(idB);
    const exchanged = (entry: Entry<Target>): Entry<Target> => {
      if (entry === a) return { ...b, priority: a.priority };
      return entry === b ? { ...a, priority: b.priority } : entry;
    };
    this.#install(this.#entries.map(exchanged));
  }

  /** Puts a whole new list in place at once. @returns the ids, in the order of the list. */
  replaceAll(specs: readonly EntrySpec<Target>[]): number[] {
    const added = specs.map((spec, k) => this.#entry(this.#nextId + k, spec, new Float64Array(2)));
    this.#install(added.reduce<readonly Entry<Target>[]>(inserted, []));
    this.#nextId += specs.length;
    return added.map((entry) => entry.id);
  }

  setDefault(target: Target): void {
    this.#default = target;
    this.#bump(new Set());
  }

  /** This table and all below it, entry by entry in the order of evaluation, as people want to see it. */
  list(depth = 0): FlowTableRow<Target>[] {
    const rows: FlowTableRow<Target>[] = [];
    for (const entry of this.#entries) {
      const match = 'matches' in entry.match ? 'custom' : entry.match;
      const target = entry.subTable === null ? entry.target! : { table: entry.subTable.name };
      const [evaluated, matched] = entry.counts;
      rows.push({ table: this.name, depth, id: entry.id, name: entry.name, priority: entry.priority, match, target, evaluated, matched });
      if (entry.subTable !== null) rows.push(...entry.subTable.list(depth + 1));
    }
    const matched = this.defaultMatched;
    return [...rows, { table: this.name, depth, id: null, name: 'default', priority: -Infinity, match: 'default', target: this.#default, evaluated: matched, matched }];
  }

  #find(id: number): Entry<Target> {
    const entry = this.#entries.find((other) => other.id === id);
    if (entry === undefined) throw new FlowTableError('flow-table-entry', `table ${this.name} has no entry ${id}`);
    return entry;
  }

  #entry(id: number, spec: EntrySpec<Target>, counts: Float64Array): Entry<Target> {
    const subTable = spec.target instanceof FlowTable ? (spec.target) : null;
    if (subTable !== null) this.#checkSubTable(subTable);
    const target = subTable === null ? (spec.target as Target) : null;
    const { match, name = '', priority = 0 } = spec;
    return { id, name, priority, match, matcher: this.#compile(match), target, subTable, counts };
  }

  #compile(match: EntrySpec<Target>['match']): Matcher {
    if ('matches' in match) return match;
    return 'function' in match ? compileFunction(match, this.#headers) : compileMatch(match, this.#headers);
  }

  #checkSubTable(subTable: FlowTable<Target>): void {
    if (subTable.#reaches(this)) throw new FlowTableError('flow-table-cycle', `table ${subTable.name} leads back to ${this.name}`);
    const depth = this.#depthAbove() + 1 + subTable.#depthBelow();
    if (depth > MAX_TABLE_DEPTH) {
      throw new FlowTableError('flow-table-depth', `table ${subTable.name} below ${this.name} makes ${depth} tables in a row, expected at most ${MAX_TABLE_DEPTH}`);
    }
  }

  #subTables(): Set<FlowTable<Target>> {
    return new Set(this.#entries.flatMap((entry) => entry.subTable ?? []));
  }

  #reaches(table: FlowTable<Target>): boolean {
    return this === table || [...this.#subTables()].some((below) => below.#reaches(table));
  }

  #depthAbove(): number {
    return Math.max(0, ...[...this.#parents].map((parent) => 1 + parent.#depthAbove()));
  }

  /** Tables on the longest way down, this one included. */
  #depthBelow(): number {
    return 1 + Math.max(0, ...[...this.#subTables()].map((below) => below.#depthBelow()));
  }

  #install(entries: readonly Entry<Target>[]): void {
    const before = this.#subTables();
    this.#entries = entries; // the one store that makes the edit
    const after = this.#subTables();
    for (const table of before) if (!after.has(table)) table.#parents.delete(this);
    for (const table of after) table.#parents.add(this);
    this.#bump(new Set());
  }

  /** A change here is a change of what every table above decides. Tables that share a generation word bump it once. */
  #bump(bumped: Set<Generation>): void {
    if (this.#generation !== null && !bumped.has(this.#generation)) {
      bumped.add(this.#generation);
      this.#generation.bump();
    }
    for (const parent of this.#parents) parent.#bump(bumped);
  }
}

/** The list with the entry behind all of its own or a higher priority. */
function inserted<Target>(entries: readonly Entry<Target>[], entry: Entry<Target>): readonly Entry<Target>[] {
  const at = entries.findIndex((other) => other.priority < entry.priority);
  return at === -1 ? [...entries, entry] : entries.toSpliced(at, 0, entry);
}
