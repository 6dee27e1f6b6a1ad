/** What the command line puts in place of what a chain file says. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { collectFile, override, placed } from '../../src/cli/overrides.js';

const document = {
  captures: { trace: { file: 'office.pcapng', inside: ['10.0.0.0/8'] } },
  ports: { inside: { capture: 'trace', side: 'inside', write: 'in.pcapng' }, outside: { capture: 'trace', side: 'outside' } },
};

test('name=FILE, as often as there are names', () => {
  const first = collectFile('inside=a=b.pcap');
  expect(first).toEqual({ inside: 'a=b.pcap' });
  expect(collectFile('outside=c.pcap', first)).toEqual({ inside: 'a=b.pcap', outside: 'c.pcap' });
  expect(() => collectFile('inside=d.pcap', first)).toThrow("'inside' is given twice.");
  for (const text of ['inside', '=file', 'inside=']) expect(() => collectFile(text)).toThrow('Expected name=FILE.');
});

test('files are replaced and added, and the document stays as it was', () => {
  const before = structuredClone(document);
  const { document: after, problems } = override(document, { capture: { trace: 'mine.pcap' }, write: { inside: 'a.pcap', outside: 'b.pcap' } });
  expect(problems).toEqual([]);
  expect(after).toEqual({
    captures: { trace: { file: resolve('mine.pcap'), inside: ['10.0.0.0/8'] } },
    ports: { inside: { capture: 'trace', side: 'inside', write: resolve('a.pcap') }, outside: { capture: 'trace', side: 'outside', write: resolve('b.pcap') } },
  });
  expect(document).toEqual(before);
});

test('names that are not there are problems, also where there is no list of them', () => {
  const { problems } = override({ ports: document.ports }, { capture: { trace: 'x' }, write: { outsied: 'y', constructor: 'z' } });
  expect(problems.map(({ code, place, message, expected }) => [code, place, message, expected])).toEqual([
    ['unknown-capture', '--capture trace', "there is no capture 'trace'", 'none is defined'],
    ['unknown-port', '--write outsied', "there is no port 'outsied', did you mean 'outside'?", "'inside' or 'outside'"],
    ['unknown-port', '--write constructor', "there is no port 'constructor'", "'inside' or 'outside'"],
  ]);
});

test('what is not a configuration is left to the check', () => {
  for (const wrong of [null, 'text', [], { captures: [] }, { captures: { trace: 7 } }]) {
    expect(override(wrong, { capture: { trace: 'x' } })).toEqual({ document: wrong, problems: [] });
  }
});

test('a problem with a file of the command line is shown there', () => {
  const problem = { code: 'file-missing', place: 'captures.trace.file', file: 'chain.yaml', line: 2, column: 3, found: 'no file', expected: 'a capture file', message: 'm' } as const;
  expect(placed(problem, { capture: { trace: 'x' } })).toEqual({ code: 'file-missing', place: '--capture trace', found: 'no file', expected: 'a capture file', message: 'm' });
  expect(placed(problem, { capture: { other: 'x' } })).toBe(problem);
  expect(placed({ ...problem, place: 'ports["a.b"].write' }, { write: { 'a.b': 'x' } }).place).toBe('--write a.b');
});
