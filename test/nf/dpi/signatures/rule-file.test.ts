import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpi } from '../../../../src/nf/dpi/index.js';
import { KEYWORDS } from '../../../../src/nf/dpi/signatures/rules/keywords.js';
import { parseRules } from '../../../../src/nf/dpi/signatures/rules/rule-file.js';
import { harness } from '../../../../src/nf/harness.js';
import { read } from '../../../tidy/source-files.js';

const settings = { variables: {}, classifications: null };
const parse = (text: string) => parseRules(text, settings);
const places = (text: string): string[] => parse(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
const ANY = 'alert tcp any any -> any any';

describe('a rule file', () => {
  it('is rules, comments and blank lines; a rule may go on in the next line', () => {
    const { rules, lines, problems } = parse(`# nothing\n\n${ANY} (content:"a"; sid:1;)\r\n  ${ANY} ( msg:"b \\"c\\" \\; d" ; \\\n  content:"|00 0a|x\\:|22|"; nocase; sid: 2 ; rev:3;)\n`);
    expect(problems).toEqual([]);
    expect(lines).toEqual([3, 4]);
    expect(rules[1]).toMatchObject({ message: 'b "c" ; d', sid: 2, rev: 3, parts: [{ buffer: 'payload', items: [{ nocase: true }] }] });
    expect([...(rules[1].parts[0].items[0] as { bytes: Uint8Array }).bytes]).toEqual([0, 10, 0x78, 0x3a, 0x22]);
  });

  it('headers: lists, negation, ranges, variables in variables, IPv6', () => {
    const { rules, problems } = parseRules(
      'alert udp [10.0.0.0/8,!10.1.0.0/16, $MINE] [1:3,!2,1024:] <> !fd00::/8 $PORTS (sid:1;)',
      { variables: { MINE: '[192.0.2.1,$OTHER]', OTHER: '192.0.2.2', PORTS: '!53' }, classifications: null },
    );
    expect(problems).toEqual([]);
    const [{ source, sourcePorts, destination, destinationPorts, bidirectional }] = rules;
    expect([...source.v4]).toEqual([0x0a000000, 0x0a00ffff, 0x0a020000, 0x0affffff, 0xc0000201, 0xc0000202]);
    expect([...sourcePorts]).toEqual([1, 1, 3, 3, 1024, 65_535]);
    expect([...destinationPorts]).toEqual([0, 52, 54, 65_535]);
    expect([...destination.v4]).toEqual([0, 0xffffffff]);
    expect(destination.v6).toHaveLength(16);
    expect(bidirectional).toBe(true);
  });

  it('says every mistake of a file at once, at its line and column', () => {
    expect(places([
      'rejectboth tcp any any -> any any (sid:1;)',
      `${ANY} (content:"a"; byte_jump:4,0; sid:2;)`,
      `${ANY} (content:"|0|"; sid:3;)`,
      `${ANY} (pcre:"/a(?=b)/"; sid:4;)`,
      'alert tcp $NOWHERE 99999 -> 10.0.0.0/33 any (sid:5;)',
      `${ANY} (content:"a")`,
      `${ANY} (nocase; sid:7; sid:8;)`,
      `${ANY} (flow:sideways; sid:9;)`,
      'alert http any any -> any any (tls.sni; content:"a"; sid:10;)',
      `${ANY} (http.method; content:"GET"; http.stat_code; content:"200"; sid:11;)`,
      'alert tcp any any any any (sid:12;)',
      `${ANY} sid:13;`,
      `${ANY} (content:"a"; sid:14;) trailing`,
      `${ANY} (content:"a;b"; sid:15;)`,
    ].join('\n')).map((line) => line.replace(/, (expected|found|a range|a list) .*/, ''))).toEqual([
      "1:1 the action 'rejectboth' is not supported",
      "2:44 the keyword 'byte_jump' is not supported",
      "3:40 expected pairs of hexadecimal digits between bars",
      '4:39 looking ahead or behind is not supported: it needs backtracking',
      "5:11 the variable '$NOWHERE' is not defined",
      '5:20 expected a port',
      '5:29 expected an address or prefix',
      '6:1 the rule has no sid',
      "6:31 expected ';' after 'content'",
      "7:31 'nocase' has to stand behind a content",
      "7:46 'sid' stands twice",
      "8:36 'sideways' is not supported by 'flow'",
      "9:7 'http' does not carry the buffers of tls",
      '10:1 the rule wants bytes of the client and of the server at once',
      "11:1 expected 'action protocol addresses ports -> addresses ports' before '('",
      "12:1 expected '(' and options after the header",
      "13:60 expected ')' at the end of the rule",
      "14:39 expected '\"' at the end of the value; a ';' in it has to be written as '\\;'",
      "14:42 the keyword 'b\"' is not supported",
    ]);
  });

  it('says what is wrong with a byte_test at the part that is wrong, all parts at once', () => {
    expect(places([
      `${ANY} (byte_test:4,>,3; sid:1;)`,
      `${ANY} (byte_test:9, ~, 99999999999999999999, x; sid:2;)`,
      `${ANY} (byte_test:4,>,length,0,relative; sid:3;)`,
      `${ANY} (byte_test:16,>,1,0,string,dec; sid:4;)`,
      `${ANY} (byte_test:0,>,1,99999,dce; sid:5;)`,
      `${ANY} (byte_test:1,>,1,0,bitmask 0; sid:6;)`,
      `${ANY} (byte_test:1,>,0x1ffffffffffffffff,0; sid:7;)`,
      `${ANY} (byte_test; sid:8;)`,
      `${ANY} (tls.version:2.0; sid:9;)`,
    ].join('\n')).map((line) => line.replace(/, found .*/, ''))).toEqual([
      "1:41 'byte_test' expects bytes, operator, number, offset",
      "2:41 'byte_test' expects 1 to 8 bytes",
      "2:44 'byte_test' expects an operator <, >, =, <=, >=, & or ^, with or without !",
      "2:47 'byte_test' expects a number of at most 64 bits (names of byte_extract are not supported)",
      "2:69 'byte_test' expects an offset from -65535 to 65535",
      "3:45 'byte_test' expects a number of at most 64 bits (names of byte_extract are not supported)",
      "4:41 'byte_test' expects 1 to 15 bytes of digits",
      "5:41 'byte_test' expects 1 to 8 bytes",
      "5:47 'byte_test' expects an offset from -65535 to 65535",
      "5:53 'byte_test' expects 'relative', 'big', 'little', 'string' with 'dec', 'hex' or 'oct', or 'bitmask' and a number",
      "6:49 'byte_test' expects 'relative', 'big', 'little', 'string' with 'dec', 'hex' or 'oct', or 'bitmask' and a number",
      "7:45 'byte_test' expects a number of at most 64 bits (names of byte_extract are not supported)",
      "8:31 'byte_test' needs a value",
      "9:43 'tls.version' expects 1.0, 1.1, 1.2, 1.3 or four hexadecimal digits behind 0x",
    ]);
  });

  it('a sid stands once', () => {
    expect(places(`${ANY} (sid:1;)\n${ANY} (sid:1;)\n${ANY} (gid:2; sid:1;)`)).toEqual(['2:1 sid 1 stands twice, before in line 1']);
  });

  it('classes come from their file, and priority goes before them', () => {
    const classifications = new Map([['web', { description: 'Web Traffic', priority: 2 }]]);
    const { rules } = parseRules(`${ANY} (classtype:web; sid:1;)\n${ANY} (classtype:web; priority:4; sid:2;)`, { variables: {}, classifications });
    expect(rules.map(({ classtype, priority }) => [classtype, priority])).toEqual([['Web Traffic', 2], ['Web Traffic', 4]]);
    expect(parseRules(`${ANY} (classtype:other; sid:1;)`, { variables: {}, classifications }).problems[0]).toMatchObject({ line: 1, column: 41 });
  });

  it('of the DPI options: problems name file, line and column; names of flowbits are bounded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rules-'));
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const one = write('one.rules', `${ANY} (sid:1;)\n`);
    const two = write('two.rules', `\n${ANY} (sid:1;)\n`);
    const wrong = write('wrong.rules', `${ANY} (foo; sid:2;)\n`);
    const twice = await harness(dpi({ signatures: [one, two, wrong, '/nowhere/x.rules'], classification: write('classes', 'config nothing\n') }));
    expect(twice.problems.map(({ message }) => message)).toEqual([
      `${join(folder, 'classes')}:1:1: expected 'config classification: name,description,priority'`,
      `${two}:2: sid 1 stands twice, before at ${one}:1`,
      `${wrong}:1:31: the keyword 'foo' is not supported`,
      expect.stringContaining('ENOENT') as string,
    ]);
    const bits = write('bits.rules', Array.from({ length: 65 }, (_, at) => `${ANY} (flowbits:set,bit${at}; sid:${at + 1};)`).join('\n'));
    expect((await harness(dpi({ signatures: [bits] }))).problems[0]).toMatchObject({ found: '65', expected: 'at most 64' });
  });

  it('of any text is rules or problems at places of the text, never anything else', () => {
    const words = [...KEYWORDS.keys(), 'alert', 'tcp', 'any', '->', '(', ')', ';', ':', '"', '|00|', '\\', '[', ']', '!', ',', '$HOME_NET', '80', '1:2', '\n', '\\\n', ' ', '#', 'ÿ', '/a+/R'];
    const noise = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join(' '));
    const almost = fc.array(fc.tuple(fc.constantFrom(...KEYWORDS.keys()), fc.constantFrom('', ':1', ':"a"', ':"/a/"', ':!"|00|"', ':set,x', ':>5', ':to_server', ':4,>,1,0,relative', ':1.2'), fc.constantFrom(';', ';', ';', '')), { maxLength: 8 })
      .map((options) => `${ANY} (${options.map((option) => option.join('')).join(' ')} sid:1;)`);
    fc.assert(
      fc.property(fc.oneof(noise, almost), (text) => {
        const { problems, rules } = parse(text);
        if (problems.length > 0) expect(rules).toEqual([]);
        const lines = text.split('\n');
        for (const { line = 0, column = 0 } of problems) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual(lines[line - 1].length + 1);
        }
      }),
      { numRuns: Number(process.env['MILLRACE_FUZZ'] ?? 40) * 15 },
    );
  }, 600_000);
});

it('docs/signatures.md names every keyword, and its rules parse', () => {
  const page = read('docs/signatures.md');
  expect([...KEYWORDS.keys()].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const [, block] = /```\n(alert [^]*?)```/.exec(page) ?? [];
  expect(parse(block ?? '').problems).toEqual([]);
  expect(parse(block ?? '').rules).toHaveLength(3);
});
