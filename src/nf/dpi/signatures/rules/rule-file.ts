/** Reads a file of rules in Suricata's language: every mistake of the file at once, each with its line and column. */
import { readFile, stat } from 'node:fs/promises';
import { BUFFERS, bufferNumber } from './buffers.js';
import { Draft } from './draft.js';
import { applicationNumbers, readHeader, type Header, type Variables } from './header.js';
import { KEYWORDS } from './keywords.js';
import type { Rule } from './rule.js';
import { readRules, type RawRule } from './rule-text.js';

/** Far more than any collection of rules has. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const DEFAULT_PRIORITY = 3;

export interface RuleProblem {
  message: string;
  /** 1-based; absent when the file as a whole is at fault. */
  line?: number;
  column?: number;
}

export interface RuleFile {
  rules: Rule[];
  /** Of each rule, the line it begins at. */
  lines: number[];
  problems: RuleProblem[];
}

export interface Classification {
  description: string;
  priority: number;
}

export interface RuleSettings {
  variables: Variables;
  /** By the name that `classtype` uses; null: any name goes. */
  classifications: ReadonlyMap<string, Classification> | null;
}

/** Reads and checks the file at an absolute path. Does not throw: what goes wrong is among the problems. */
export async function readRuleFile(path: string, settings: RuleSettings): Promise<RuleFile> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) return { rules: [], lines: [], problems: [{ message: `the file has ${size} bytes, expected at most ${MAX_FILE_BYTES}` }] };
    return parseRules(await readFile(path, 'utf8'), settings);
  } catch (error) {
    return { rules: [], lines: [], problems: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
}

/** Parses the text of a rule file. */
export function parseRules(text: string, settings: RuleSettings): RuleFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  const lineOf = (at: number): number => {
    let low = 0;
    let high = lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (lineStarts[middle] <= at) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  const problems: Required<RuleProblem>[] = [];
  const report = (message: string, at: number): void => {
    const line = lineOf(at);
    problems.push({ message, line, column: at - lineStarts[line - 1] + 1 });
  };
  const rules: Rule[] = [];
  const lines: number[] = [];
  const linesOf = new Map<string, number>();
  readRules(
    text,
    (raw) => {
      const before = problems.length;
      const rule = readRule(raw, settings, report);
      const line = lineOf(raw.at);
      if (rule === null || problems.length > before) return;
      const twin = linesOf.get(`${rule.gid}:${rule.sid}`);
      if (twin !== undefined) report(`sid ${rule.sid} stands twice, before in line ${twin}`, raw.at);
      linesOf.set(`${rule.gid}:${rule.sid}`, line);
      rules.push(rule);
      lines.push(line);
    },
    (problem) => report(problem.message, problem.at),
  );
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return problems.length > 0 ? { rules: [], lines: [], problems } : { rules, lines, problems };
}

function readRule(raw: RawRule, settings: RuleSettings, report: (message: string, at: number) => void): Rule | null {
  const header = readHeader(raw.header, raw.at, settings.variables, report);
  const draft = new Draft(emptyRule(header), report);
  for (const option of raw.options) {
    const keyword = KEYWORDS.get(option.name.text);
    if (keyword === undefined) report(`the keyword '${option.name.text}' is not supported`, option.name.at);
    else keyword(draft, option);
  }
  if (!draft.has('sid')) report('the rule has no sid', raw.at);
  classify(draft, settings);
  checkWhole(draft.rule, raw, report);
  return header === null ? null : draft.rule;
}

const NO_ADDRESSES = { any: true, v4: new Uint32Array(0), v6: new Uint32Array(0) };
const NO_HEADER: Header = {
  action: 'alert', protocol: 'ip', source: NO_ADDRESSES, sourcePorts: new Uint16Array(0), destination: NO_ADDRESSES, destinationPorts: new Uint16Array(0), bidirectional: false,
};

function emptyRule(header: Header | null): Rule {
  return {
    ...(header ?? NO_HEADER),
    message: '', sid: 0, gid: 1, rev: 0, classtype: '', priority: 0, references: [], metadata: {},
    direction: 'any', state: 'any', scope: 'any', flowbits: [], noalert: false, dsize: null, itype: null, icode: null, ttl: null, threshold: null, parts: [],
  };
}

/** `priority` goes before what the class says. */
function classify({ rule, report, classificationAt }: Draft, { classifications }: RuleSettings): void {
  const known = rule.classtype === '' || classifications === null ? undefined : classifications.get(rule.classtype);
  if (rule.classtype !== '' && classifications !== null && known === undefined) report(`the class '${rule.classtype}' is not in the classification file`, classificationAt);
  if (rule.priority === 0) rule.priority = known?.priority ?? DEFAULT_PRIORITY;
  if (known !== undefined) rule.classtype = known.description;
}

/** What the options say together. */
function checkWhole(rule: Rule, raw: RawRule, report: (message: string, at: number) => void): void {
  const rows = rule.parts.map(({ buffer }) => BUFFERS[bufferNumber(buffer)]);
  const protocols = new Set(rows.map(({ protocol }) => protocol as string).filter((protocol) => protocol !== ''));
  const sides = new Set(rows.map(({ side }) => side as string).filter((side) => side !== 'any'));
  if (rule.direction !== 'any') sides.add(rule.direction);
  if (sides.size > 1) report('the rule wants bytes of the client and of the server at once', raw.at);
  if (protocols.size > 1) report(`the rule looks into buffers of several protocols: ${[...protocols].join(', ')}`, raw.at);
  const [protocol] = protocols;
  if (protocol !== undefined && !mayCarry(rule.protocol, protocol)) report(`'${rule.protocol}' does not carry the buffers of ${protocol}`, raw.header[1]?.at ?? raw.at);
  if (protocol !== undefined && (rule.dsize !== null || rule.scope === 'no-stream')) report('dsize and no_stream are about packets, buffers are not', raw.at);
  if ((rule.itype !== null || rule.icode !== null) && !/^(icmp|icmpv6|ip|ipv4|ipv6|pkthdr)$/.test(rule.protocol)) report(`itype and icode are about icmp, found '${rule.protocol}'`, raw.header[1]?.at ?? raw.at);
  const fast = rule.parts.flatMap(({ items }) => items).filter((item) => item.kind === 'content' && item.fastPattern);
  if (fast.length > 1) report('a rule has one fast_pattern', raw.at);
}

function mayCarry(word: string, protocol: string): boolean {
  if (['ip', 'ipv4', 'ipv6', 'tcp'].includes(word) || (word === 'udp' && protocol === 'dns')) return true;
  const wanted = new Set(applicationNumbers(protocol));
  return applicationNumbers(word).some((number) => wanted.has(number));
}

/** Reads a file in the form of Suricata's classification.config. */
export async function readClassifications(path: string): Promise<{ classifications: Map<string, Classification>; problems: RuleProblem[] }> {
  const classifications = new Map<string, Classification>();
  const problems: RuleProblem[] = [];
  try {
    (await readFile(path, 'utf8')).split('\n').forEach((line, at) => {
      if (line.trim() === '' || line.trim().startsWith('#')) return;
      const parts = /^\s*config classification:\s*([\w-]+)\s*,\s*([^,]+?)\s*,\s*(\d{1,3})\s*$/.exec(line);
      if (parts === null) problems.push({ message: "expected 'config classification: name,description,priority'", line: at + 1, column: 1 });
      else classifications.set(parts[1], { description: parts[2], priority: Number(parts[3]) });
    });
  } catch (error) {
    problems.push({ message: error instanceof Error ? error.message : String(error) });
  }
  return { classifications, problems };
}
