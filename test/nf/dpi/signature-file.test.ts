import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dpi } from '../../../src/nf/dpi/index.js';
import { parseSignatures } from '../../../src/nf/dpi/signatures/signature-file.js';
import { harness } from '../../../src/nf/harness.js';
import { latin1, udpFrame } from './frames.js';

const write = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'dpi-')), 'signatures.yaml');
  writeFileSync(path, text);
  return path;
};

describe('a signature file', () => {
  it('is a list of signatures, with defaults', () => {
    const { signatures, problems } = parseSignatures('- name: a\n  content: abc\n- { name: b, hex: "0a FF", action: drop, ports: [80, 8000-8100] }\n');
    expect(problems).toEqual([]);
    expect(signatures).toEqual([
      { name: 'a', content: 'abc', nocase: false, protocol: 'any', direction: 'any', action: 'alert' },
      { name: 'b', hex: '0a FF', nocase: false, protocol: 'any', direction: 'any', action: 'drop', ports: [80, '8000-8100'] },
    ]);
  });

  it('says every mistake with line and column', () => {
    const text = '- name: a\n  content: abc\n  colour: red\n- name: b\n- name: c\n  hex: "0g"\n- name: d\n  content: x\n  protocol: htp\n  ports: [99999]\n';
    expect(parseSignatures(text).problems.map(({ line, column }) => `${line}:${column}`)).toEqual(['3:3', '4:3', '6:8', '9:13', '10:11']);
    expect(parseSignatures(text).problems[0]?.message).toContain('unknown key "colour"');
  });

  it('that is not YAML is a mistake at a place too', () => {
    expect(parseSignatures('- name: [a\n').problems[0]).toMatchObject({ line: 2 });
    expect(parseSignatures('name: a\n').problems[0]).toMatchObject({ line: 1, column: 1 });
  });

  it('may be empty', () => {
    expect(parseSignatures('# nothing yet\n')).toEqual({ signatures: [], lines: [], problems: [] });
  });

  it('is read before anything starts, and its signatures work', async () => {
    const nf = await harness(dpi({ signatures: [write('- name: from file\n  content: EvilBytes\n')], rules: [{ name: 'inline', content: 'Evil' }] }));
    nf.process(udpFrame(latin1('EvilBytes'), true));
    expect(nf.alerts.map((alert) => alert.signature).sort()).toEqual(['from file', 'inline']);
  });

  it('that is missing, or repeats a name, is a problem of the options', async () => {
    const missing = await harness(dpi({ signatures: ['/nowhere/signatures.yaml'] }));
    expect(missing.problems[0]).toMatchObject({ path: ['signatures', 0], message: expect.stringContaining('ENOENT') as string });
    const path = write('- name: a\n  content: abc\n- name: a\n  content: abd\n');
    const twice = await harness(dpi({ signatures: [path] }));
    expect(twice.problems[0]).toMatchObject({ message: `${path}:3: the name is used twice, before at ${path}:1`, line: 3 });
  });
});
