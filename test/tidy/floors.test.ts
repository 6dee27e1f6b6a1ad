/** Imports go only downward (CONTRIBUTING.md has the table of floors), there are no cycles, the public faces hold no logic. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { SOURCE, importsOf, read } from './source-files.js';

/** From the top. Folders on one floor do not import each other. */
const FLOORS = [
  ['cli'],
  ['runtime'],
  ['packet-manager', 'vm', 'chain'],
  ['nf', 'port'],
  ['vnic', 'watch'],
  ['flow'],
  ['packet', 'ring', 'memory', 'observe'],
];

/** Imports on one floor that stand nevertheless. */
const EXCEPTIONS = [
  { from: 'src/packet/', to: 'src/memory/slot-layout.ts', why: 'a header is found by the offsets in its slot header, and that table is written down once' },
  { from: 'src/packet/', to: 'src/memory/slot-headers.ts', why: 'the views of that table' },
];

/** They export what others define. */
const PUBLIC_FACES = ['src/index.ts', 'src/testing.ts', 'src/live.ts'];

const imports = SOURCE.flatMap((file) => importsOf(file));
const folderOf = (path: string): string => path.split('/')[1];
const floorOf = (path: string): number => FLOORS.findIndex((floor) => floor.includes(folderOf(path)));

describe('floors', () => {
  it('every folder of src has its floor', () => {
    const folders = new Set(SOURCE.map(({ path }) => folderOf(path)).filter((name) => !name.endsWith('.ts')));
    expect([...folders].filter((folder) => !FLOORS.flat().includes(folder))).toEqual([]);
  });

  it('imports go only downward', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (PUBLIC_FACES.includes(from) || folderOf(from) === folderOf(to)) return false;
      if (EXCEPTIONS.some((exception) => from.startsWith(exception.from) && to === exception.to)) return false;
      return PUBLIC_FACES.includes(to) || floorOf(from) >= floorOf(to);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('has no exception that nothing needs', () => {
    const unused = EXCEPTIONS.filter((exception) => !imports.some(({ from, to }) => from.startsWith(exception.from) && to === exception.to));
    expect(unused).toEqual([]);
  });

  it('stock network functions do not import each other', () => {
    const functionOf = (path: string): string | undefined => /^src\/nf\/([^/]+)\//.exec(path)?.[1];
    const wrong = imports.filter(({ from, to }) => {
      const [a, b] = [functionOf(from), functionOf(to)];
      return b !== undefined && a !== b && from.startsWith('src/nf/');
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('CONTRIBUTING.md has the same floors and exceptions', () => {
    const page = read('CONTRIBUTING.md');
    FLOORS.forEach((folders, at) => expect(page).toContain(`| ${at + 1} | ${folders.map((folder) => `\`${folder}\``).join(', ')} |`));
    for (const { from, to } of EXCEPTIONS) {
      expect(page).toContain(`\`${from.split('/')[1]}\``);
      expect(page).toContain(`\`${to.replace(/^src\//, '')}\``);
    }
  });
});

describe('cycles', () => {
  it('there are none between files, types included', () => {
    const targets = new Map(SOURCE.map((file) => [file.path, importsOf(file).map(({ to }) => to)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const follow = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      if (way.includes(path) || done.has(path)) return;
      for (const target of targets.get(path) ?? []) follow(target, [...way, path]);
      done.add(path);
    };
    for (const path of targets.keys()) follow(path, []);
    expect(cycles).toEqual([]);
  });
});

describe('public faces', () => {
  it.each(PUBLIC_FACES)('%s holds no logic', (path) => {
    const { tree } = SOURCE.find((file) => file.path === path)!;
    const other = tree.statements.filter((statement) => !ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined);
    expect(other.map((statement) => statement.getText(tree))).toEqual([]);
  });
});

it('every file says in its head what it is', () => {
  expect(SOURCE.filter(({ text }) => !/^(#!.*\n)?\/\*\*\s*(\n \* )?\S/.test(text)).map(({ path }) => path)).toEqual([]);
});
