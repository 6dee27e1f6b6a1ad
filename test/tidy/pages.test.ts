/** The pages say what is there: every field of a report, a README in every folder of the source, links that lead somewhere. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { portShapes } from '../../src/runtime/schema.js';
import { ROOT, SOURCE, read, repositoryFiles, walk } from './source-files.js';

/** Names of the members of all interfaces and type literals in a file. */
function members(path: string): string[] {
  const names = new Set<string>();
  const { tree } = SOURCE.find((file) => file.path === path)!;
  walk(tree, (node) => {
    if (ts.isPropertySignature(node)) names.add(node.name.getText(tree));
    return undefined;
  });
  return [...names];
}

it('docs/reports.md has every field of a report', () => {
  const page = read('docs/reports.md');
  const fields = members('src/runtime/report.ts');
  expect(fields.length).toBeGreaterThan(40);
  expect(fields.filter((name) => !new RegExp(`\`[^\`\\n]*\\b${name}\\b[^\`\\n]*\``).test(page))).toEqual([]);
});

it.each([['af-packet', 'interface'], ['af-xdp', 'interface'], ['tap', 'interface'], ['vxlan', 'vxlan']] as const)('docs/%s.md has every key of its port, and no other', (page, shape) => {
  const rows = read(`docs/${page}.md`).split('| key | default | what |\n')[1].split('\n\n')[0].split('\n').slice(1);
  const keys = rows.flatMap((row) => [...row.split('|')[1].matchAll(/`(\w+)`/g)].map(([, key]) => key));
  expect(keys.toSorted()).toEqual(Object.keys(portShapes[shape].shape).filter((key) => key !== 'kind').toSorted());
});

it('every folder of src has a README', () => {
  const folders = new Set(SOURCE.map(({ path }) => dirname(path)).filter((path) => /^src\/[^/]+$/.test(path)));
  expect([...folders].filter((folder) => !existsSync(join(ROOT, folder, 'README.md')))).toEqual([]);
});

it('every source file of a folder that has a README is named there', () => {
  const folders = repositoryFiles('src').filter((path) => path.endsWith('/README.md')).map((path) => dirname(path));
  expect(folders.length).toBeGreaterThan(12);
  const unnamed = folders.flatMap((folder) => {
    // `check-*.ts` names many.
    const names = [...read(`${folder}/README.md`).matchAll(/(?:[\w.*-]+\/)*([\w.*-]+\.ts)\b/g)].map(([, name]) => new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.+')}$`));
    const files = SOURCE.map(({ path }) => path).filter((path) => dirname(path) === folder);
    return files.filter((path) => !names.some((name) => name.test(basename(path))));
  });
  expect(unnamed).toEqual([]);
});

it('files that README.md, ARCHITECTURE.md and docs/guarantees.md name are there', () => {
  const named = ['README.md', 'ARCHITECTURE.md', 'docs/guarantees.md'].flatMap((page) => [...read(page).matchAll(/`((?:src|test|bench|scripts|examples|docs)\/[\w./-]+\.\w+)`/g)].map(([, path]) => path));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('links between pages lead to files', () => {
  const broken = repositoryFiles().filter((path) => path.endsWith('.md')).flatMap((page) => {
    const prose = read(page).replace(/```[^]*?```/g, '');
    const targets = [...prose.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target).filter((target) => !/^\w+:/.test(target));
    return targets.filter((target) => !existsSync(join(ROOT, normalize(join(dirname(page), target))))).map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});
