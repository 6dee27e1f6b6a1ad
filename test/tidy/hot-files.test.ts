/**
 * Files whose first line begins with "Hot" do not allocate for each packet. What is banned there is banned inside
 * functions and methods; constructors, the module's own level and the cold functions listed here run before packets do.
 */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { SOURCE, lineOf, walk, type SourceFile } from './source-files.js';

const HOT = SOURCE.filter(({ text }) => /^\/\*\*\s+(\* )?Hot\b/.test(text));

/** Functions and methods of hot files that may allocate all the same: they do not run for each packet. */
const COLD: readonly { file: string; functions: readonly string[]; why: string }[] = [
  { file: 'src/flow/address-matcher.ts', functions: ['pairs'], why: 'called by the constructor' },
  { file: 'src/flow/compile-match.ts', functions: ['compileMatch', 'bits', 'bounds'], why: 'compile a match, once for each entry of a table' },
  {
    file: 'src/flow/flow-table.ts',
    functions: ['add', 'remove', 'replace', 'swap', 'replaceAll', 'setDefault', 'list', '#find', '#entry', '#subTables', '#reaches', '#depthAbove', '#depthBelow', '#install', 'inserted'],
    why: 'edit and list the table; only lookup is for packets',
  },
  { file: 'src/flow/matching-function.ts', functions: ['compileFunction'], why: 'once for each entry of a table' },
  { file: 'src/memory/block-copier.ts', functions: ['wordsOf'], why: 'another memory than before' },
  { file: 'src/memory/block-copier.ts', functions: ['#copyBlock'], why: 'of more than 256 B two views cost less than the words' },
  { file: 'src/memory/buffer-pool.ts', functions: ['account'], why: 'opens an account, at start' },
  { file: 'src/nf/dpi/candidates.ts', functions: ['candidateOf', 'byFirstByte', 'listsOver'], why: 'make the lists, when the module loads' },
  { file: 'src/nf/dpi/signature-watch.ts', functions: ['replace'], why: 'new options' },
  { file: 'src/nf/dpi/signature-watch.ts', functions: ['#hit'], why: 'an alert, once for each flow and signature' },
  { file: 'src/nf/dpi/signatures/automaton.ts', functions: ['growTrie'], why: 'compiles signatures' },
  { file: 'src/nf/dpi/signatures/skip-table.ts', functions: ['of', 'spellings', 'entriesOf'], why: 'compile signatures' },
  { file: 'src/nf/dpi/signatures/regex/regex.ts', functions: ['#forget', '#step', '#stateOf'], why: 'make states, of which there is a bounded number' },
  { file: 'src/nf/dpi/signatures/rules/judge.ts', functions: ['replace', '#tell'], why: 'new options; an alert' },
  { file: 'src/nf/dpi/text.ts', functions: ['literal', 'beginnings'], why: 'make the constants of the dissectors' },
  { file: 'src/nf/firewall/judge.ts', functions: ['update'], why: 'new options' },
  { file: 'src/nf/firewall/limits.ts', functions: ['replace'], why: 'new rules' },
  { file: 'src/nf/firewall/opening.ts', functions: ['compileOpening'], why: 'once for each rule' },
  { file: 'src/nf/flow-names.ts', functions: ['#grow', 'readFlowName', 'textOf'], why: 'a longer name than any before; main reads' },
  { file: 'src/nf/nat/held-fragments.ts', functions: ['#make'], why: 'once, with the first fragment that is kept' },
  { file: 'src/nf/tables.ts', functions: ['keyed', 'perFlow'], why: 'declare a table' },
  { file: 'src/observe/counters.ts', functions: ['counterBlock', 'dropsByName'], why: 'place a block, and read it for a report' },
  { file: 'src/packet-manager/classification.ts', functions: ['replacePaths', '#routeOf', 'onFlowEnd'], why: 'new paths; who is told of flows' },
  { file: 'src/packet-manager/known-connections.ts', functions: ['install'], why: 'a new route' },
  { file: 'src/packet-manager/packet-manager.ts', functions: ['census'], why: 'answers somebody who asked' },
  { file: 'src/packet-manager/packet-manager.ts', functions: ['#countsOf'], why: 'called by the constructor' },
  { file: 'src/packet-manager/packet-manager.ts', functions: ['#readMail', '#obey', '#vmDied', '#quiesced'], why: 'run when there is mail' },
  { file: 'src/packet-manager/packet-manager.ts', functions: ['#close'], why: 'the end' },
  { file: 'src/port/capture/connections.ts', functions: ['#take'], why: 'the table grows to its bound, then connections are reused' },
  { file: 'src/packet/cursor.ts', functions: ['#look'], why: 'seldom: all packets lie in one region' },
  { file: 'src/ring/wake-up.ts', functions: ['wakeUpSpec'], why: 'makes a policy, at start' },
  { file: 'src/ring/spsc-ring.ts', functions: ['resetRing', 'ringIsEmpty', 'ringEntry'], why: 'when an end is gone, or a mesh is to come to rest' },
  { file: 'src/vm/vm.ts', functions: ['create'], why: 'before the first packet' },
  { file: 'src/vm/vm.ts', functions: ['#readMail'], why: 'runs when there is mail' },
  { file: 'src/vnic/mesh.ts', functions: ['shareOf'], why: 'places a share, at start' },
  { file: 'src/vnic/journal.ts', functions: ['recover'], why: 'after the death of a VM' },
];

/** Functions that make closures, once, over what is constant (docs/hot-code.md): what they make is hot, they are not. */
const MAKERS: readonly { file: string; functions: readonly string[] }[] = [
  { file: 'src/nf/firewall/short-way.ts', functions: ['shortWayOf'] },
  { file: 'src/nf/nat/short-way.ts', functions: ['shortWayOf'] },
  { file: 'src/packet-manager/claim-lines.ts', functions: ['lineClaimer'] },
  { file: 'src/packet-manager/known-connections.ts', functions: ['stampOf'] },
  { file: 'src/packet-manager/runs.ts', functions: ['runsOf'] },
  { file: 'src/ring/ring-copies.ts', functions: ['makeCopies'] },
  { file: 'src/vm/burst-loop.ts', functions: ['burstLoop'] },
  { file: 'src/vm/fetch-lines.ts', functions: ['lineFetcher'] },
];

const BANNED_METHODS = new Set(['subarray', 'slice', 'map', 'filter', 'forEach', 'reduce', 'flatMap', 'concat']);

function banned(node: ts.Node): string | null {
  if (node.kind === ts.SyntaxKind.BigIntLiteral) return 'a BigInt';
  if (ts.isTryStatement(node)) return 'try';
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isNewExpression(node)) return ts.isThrowStatement(node.parent) ? null : `new ${node.expression.getText()}`;
  if (ts.isArrayLiteralExpression(node)) return ts.isBinaryExpression(node.parent) && node.parent.left === node ? null : 'an array literal';
  if (ts.isObjectLiteralExpression(node)) return 'an object literal';
  if (ts.isTemplateExpression(node)) return 'a template string';
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return 'a closure';
  if (ts.isSpreadElement(node)) return 'a spread';
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && BANNED_METHODS.has(node.expression.name.text)) {
    return `.${node.expression.name.text}(`;
  }
  return null;
}

/** What is banned and stands in a file, as `file:line function: what`. */
function findings(file: SourceFile, skipCold = true, knowMakers = true): string[] {
  const of = (list: readonly { file: string; functions: readonly string[] }[]): string[] => list.filter((entry) => entry.file === file.path).flatMap(({ functions }) => functions);
  const cold = of(COLD);
  const makers = knowMakers ? of(MAKERS) : [];
  const found: string[] = [];
  walk(file.tree, (node) => {
    if (ts.isConstructorDeclaration(node)) return false;
    const isFunction = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node);
    if (isFunction) {
      const name = node.name?.getText(file.tree) ?? '';
      if (skipCold && cold.includes(name)) return false;
      if (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true) found.push(`${file.path}:${lineOf(file, node)} ${name}: async`);
      const look = (inner: ts.Node): false | undefined => {
        if (ts.isThrowStatement(inner)) return false;
        const what = banned(inner);
        if (what !== null) found.push(`${file.path}:${lineOf(file, inner)} ${name}: ${what}`);
        return undefined;
      };
      if (node.body === undefined) return false;
      if (!makers.includes(name)) walk(node.body, look);
      else {
        walk(node.body, (inner) => {
          if (!ts.isFunctionLike(inner)) return undefined;
          inner.forEachChild((part) => { walk(part, look); });
          return false;
        });
      }
      return false;
    }
    return undefined;
  });
  return found;
}

describe('hot files', () => {
  it('there are some', () => expect(HOT.length).toBeGreaterThan(50));

  it('allocate nothing for a packet, and neither try nor await', () => {
    expect(HOT.flatMap((file) => findings(file))).toEqual([]);
  });

  it('what is called a maker makes closures', () => {
    const allocating = new Set(HOT.flatMap((file) => findings(file, true, false)).map((text) => text.replace(/:\d+ (\S+):.*$/, ' $1')));
    expect(MAKERS.flatMap(({ file, functions }) => functions.map((name) => `${file} ${name}`)).filter((entry) => !allocating.has(entry))).toEqual([]);
  });

  it('no function is called cold that need not be', () => {
    const allocating = new Set(HOT.flatMap((file) => findings(file, false)).map((text) => text.replace(/:\d+ (\S+):.*$/, ' $1')));
    const needless = COLD.flatMap(({ file, functions }) => functions.map((name) => `${file} ${name}`)).filter((entry) => !allocating.has(entry));
    expect(needless).toEqual([]);
  });
});
