/**
 * Between ingress and egress nothing copies packet bytes but the one routine in src/memory/copy.ts, which counts them (I4).
 * Everything in these folders that could copy bytes is found here, and is either that routine or listed with what it does.
 */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { SOURCE, importsOf, lineOf, walk } from './source-files.js';

/** Where packets are between the port that received them and the port that transmits them. */
const FOLDERS = ['packet-manager', 'vm', 'vnic', 'ring', 'flow', 'packet'].map((folder) => `src/${folder}/`);

/** Methods that can copy bytes of a typed array or make a view of them, and functions that make bytes of bytes. */
const METHODS = new Set(['set', 'copyWithin', 'slice', 'subarray', 'copy']);
const FUNCTIONS = new Set(['Buffer.from', 'Buffer.concat', 'Uint8Array.from', 'structuredClone', 'copyBytes']);

/** What stands nevertheless, by file and by what is called. An assignment of one element to another is called `[]=[]`. */
const ALLOWED: readonly { file: string; calls: readonly string[]; why: string }[] = [
  { file: 'src/ring/poll-loop.ts', calls: ['[]=[]'], why: 'times of the loop, in the cells of an array' },
  { file: 'src/vm/burst-loop.ts', calls: ['copyIn.copy', 'copyOut.copy'], why: 'the counted routine, in the copying mode that zero copy is compared with' },
  { file: 'src/vm/vm.ts', calls: ['copies.in.copy', 'copies.out.copy'], why: 'the same, for a packet that somebody watches' },
  {
    file: 'src/packet-manager/vm-changes.ts',
    calls: ['Buffer.from', 'region.bytes.slice'],
    why: 'a packet in whose hand a VM died is kept as found, for inspection: it is dropped, and never reaches egress',
  },
  { file: 'src/packet-manager/ring-port-host.ts', calls: ['[]=[]'], why: 'addresses, not bytes' },
  { file: 'src/vm/vm.ts', calls: ['[]=[]'], why: 'header words of a packet made after another' },
  { file: 'src/ring/mailbox.ts', calls: ['Buffer.from', 'this.#text.set', 'this.#text.slice'], why: 'text of messages from main' },
  {
    file: 'src/ring/event-ring.ts',
    calls: ['Buffer.from', 'this.#bytes.set', 'this.#bytes.subarray', 'message.set', 'text.subarray', '[]=[]'],
    why: 'texts and words of events for main',
  },
  { file: 'src/packet-manager/forwarder.ts', calls: ['[]=[]'], why: 'addresses, not bytes' },
  { file: 'src/packet-manager/known-connections.ts', calls: ['more.set'], why: 'words of routes, when there is a new one' },
  { file: 'src/vnic/lend-queue.ts', calls: ['[]=[]'], why: 'addresses, not bytes' },
  { file: 'src/packet-manager/route.ts', calls: ['this.#known.set'], why: 'a Map of routes' },
  { file: 'src/ring/ring-copies.ts', calls: ['[]=[]'], why: 'addresses, not bytes' },
  { file: 'src/ring/ring-copies.ts', calls: ['made.set'], why: 'a WeakMap, once for a control memory' },
  { file: 'src/flow/connection-table.ts', calls: ['[]=[]'], why: 'words of keys' },
  { file: 'src/flow/flow-record.ts', calls: ['words.subarray'], why: 'words of an address' },
  { file: 'src/flow/flow-key.ts', calls: ['[]=[]'], why: 'words of keys' },
  { file: 'src/flow/fragment-table.ts', calls: ['[]=[]'], why: 'words of keys' },
  { file: 'src/flow/match-text.ts', calls: ['this.#seen.set'], why: 'a Map, while a rule is read' },
  { file: 'src/flow/prefix.ts', calls: ['text.slice'], why: 'text of a rule' },
  { file: 'src/packet/address.ts', calls: ['text.slice'], why: 'text of an address' },
];

/** Text of what is called, without its arguments and non-null assertions. */
const nameOf = (call: ts.CallExpression): string => call.expression.getText().replace(/[!?]/g, '').replace(/\s+/g, '');

function bare(node: ts.Expression): ts.Expression {
  return ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) ? bare(node.expression) : node;
}

function callOf(node: ts.Node): string | null {
  if (ts.isCallExpression(node)) {
    const method = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : '';
    return METHODS.has(method) || FUNCTIONS.has(nameOf(node)) ? nameOf(node) : null;
  }
  const isMove = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
    && ts.isElementAccessExpression(node.left) && ts.isElementAccessExpression(bare(node.right));
  return isMove ? '[]=[]' : null;
}

const found = SOURCE.filter(({ path }) => FOLDERS.some((folder) => path.startsWith(folder))).flatMap((file) => {
  const calls: { file: string; call: string; at: string }[] = [];
  walk(file.tree, (node) => {
    const call = callOf(node);
    if (call !== null) calls.push({ file: file.path, call, at: `${file.path}:${lineOf(file, node)} ${call}` });
    return undefined;
  });
  return calls;
});

describe('copies between ingress and egress', () => {
  it('nothing copies but the counted routine', () => {
    const unexplained = found.filter(({ file, call }) => !ALLOWED.some((entry) => entry.file === file && entry.calls.includes(call)));
    expect(unexplained.map(({ at }) => at)).toEqual([]);
  });

  it('nothing is allowed that does not stand there', () => {
    const needless = ALLOWED.flatMap(({ file, calls }) => calls.map((call) => ({ file, call })))
      .filter((entry) => !found.some(({ file, call }) => file === entry.file && call === entry.call));
    expect(needless).toEqual([]);
  });

  it('what copies without counting is used by ports, by functions for bytes that they keep, and by what counts', () => {
    const users = SOURCE.flatMap((file) => importsOf(file)).filter(({ to }) => /\/(copy-bytes|block-copier)\.ts$/.test(to)).map(({ from }) => from);
    expect(users.length).toBeGreaterThan(0);
    const others = users.filter((path) => !path.startsWith('src/port/'));
    expect(others.toSorted()).toEqual(['src/memory/copy.ts', 'src/nf/dpi/stream-buffers.ts']);
  });
});
