/** Mistakes in a configuration: what kinds there are, what each one says, and the error that carries all of them. */

/** Every code a problem may have, and when. `docs/errors.md` shows this table; a test holds the two together. */
export const PROBLEM_CODES = {
  'config-unreadable': 'The configuration file does not exist or cannot be read.',
  'yaml-syntax': 'The configuration file is not valid YAML.',
  'unknown-key': 'A key that means nothing at this place, most often a slip of the pen.',
  'missing-key': 'A key that has to be there is not.',
  'wrong-type': 'The value is of another type: a text where a list belongs, say.',
  'wrong-value': 'The type is right, but this is not one of the values allowed.',
  'impossible-size': 'A size or count outside the limits, or a region larger than addresses can reach.',
  'too-many': 'More ports, paths, network functions or drop reasons than one runtime holds.',
  'bad-name': 'A name of other characters than letters, digits, dots, dashes and underscores.',
  'duplicate-name': 'Two chains, two network functions or two keys have the same name.',
  'unknown-capture': 'A port names a capture that is not listed under `captures`.',
  'unknown-port': 'A path names a port that is not listed under `ports`.',
  'unknown-chain': 'A path names a chain that is not listed under `chains`.',
  'unknown-function': 'There is no such stock function, or the module defines none of that name.',
  'module-unloadable': 'The module of a network function cannot be found, or fails while it is imported.',
  'invalid-option': 'A network function does not accept one of its options; a rule that cannot be parsed, say.',
  'function-failed': "A network function's own code threw while its options were being prepared.",
  'options-not-clonable': 'The options hold something that cannot cross threads: a function, a socket, a class with secrets.',
  'empty-chain': 'A chain without network functions.',
  'file-missing': 'A file to be read does not exist: a capture, or signatures, say.',
  'file-unreadable': 'A capture exists but cannot be read: no permission, or it is not a regular file.',
  'not-a-capture': 'The file is there, but it is neither pcap nor pcapng, plain or gzipped.',
  'same-side': 'Two ports are the same side of one capture.',
  'sides-differ': 'The two sides of one file are split by different prefixes.',
  'same-interface': 'Two ports are on one network interface.',
  'same-network': 'Two ports have addresses in one network.',
  'half-a-router': 'A path joins a live port that has addresses, and so routes, and one that has none.',
  'same-port': 'A path begins and ends at the same port.',
  'write-over-read': 'A port would write the file that a port reads.',
  'write-twice': 'Two ports would write one file.',
  'write-impossible': 'The place to write to is a directory, or nothing may be written there.',
  'bad-prefix': 'Not an IPv4 or IPv6 prefix such as 10.0.0.0/8 or fd00::/8.',
  'bad-address': 'Not an IP address, or not one with a UDP port where one belongs.',
  'bad-match': 'The match of a path cannot be parsed.',
  'interface-missing': 'A port names a network interface that this machine, or this network namespace, does not have.',
  'too-few-cores': 'More threads than this machine has cores are never to sleep (`wakeUp: poll`).',
  'interface-down': 'The network interface of a port is down, or the other end of its cable is.',
  'interface-refused': 'The system refused what a port needs of a network interface.',
  'permission-missing': 'A port needs a capability of the system that this process does not have.',
  'koffi-missing': 'A port needs the optional package koffi, and it is not installed or does not run here.',
  'needs-restart': 'The new configuration changes what lies fixed in memory while a chain runs.',
  'region-not-allocated': 'The machine does not give as much memory as the region and control memory need.',
} as const;

export type ProblemCode = keyof typeof PROBLEM_CODES;

export interface Problem {
  readonly code: ProblemCode;
  /** Where in the configuration, the same for TypeScript and YAML: `chains.edge[0].rules[3]`. */
  readonly place: string;
  /** The YAML file, when there is one. */
  readonly file?: string;
  /** 1-based: in the file; without a file, in the text at `place`. */
  readonly line?: number;
  readonly column?: number;
  readonly found: string;
  readonly expected: string;
  /** What is wrong, in a sentence without a full stop. */
  readonly message: string;
}

/** One problem in two lines: where and what, then found, expected and the code. */
export function formatProblem(problem: Problem): string {
  const { file, line, column } = problem;
  let where = problem.place;
  if (line !== undefined) {
    const position = column === undefined ? `${line}` : `${line}:${column}`;
    if (file === undefined) where = `${where} (line ${position})`;
    else where = where === '' ? `${file}:${position}` : `${file}:${position}, ${where}`;
  } else if (file !== undefined) where = where === '' ? file : `${file}, ${where}`;
  return `${where === '' ? '' : `${where}: `}${problem.message}\n  found ${problem.found}, expected ${problem.expected} [${problem.code}]`;
}

function formatAll(problems: readonly Problem[]): string {
  const title = problems.length === 1 ? '1 problem in the configuration' : `${problems.length} problems in the configuration`;
  return [title, ...problems.map(formatProblem)].join('\n');
}

/** All mistakes of a configuration at once. Thrown before any thread exists. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(formatAll(problems), options);
    this.problems = problems;
  }
}
