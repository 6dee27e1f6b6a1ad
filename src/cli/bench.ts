/** `millrace bench`: the benchmarks. They are compiled apart, so they are imported when they are asked for. */
import { stat } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { didYouMean } from '../runtime/suggest.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, UsageError } from './failure.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface Settings {
  cases?: readonly string[];
  profile?: 'quick' | 'full';
  sizes?: readonly number[];
  vms?: readonly number[];
  bursts?: readonly number[];
  flows?: readonly number[];
  repetitions?: number;
  warmUpMs?: number;
  measuredMs?: number;
  soakMinutes?: number;
  soakFunctions?: boolean;
  captures?: string;
  seed?: number;
  json?: string;
  csv?: string;
  html?: string;
}

/** What is used of `bench/index.ts`. */
interface Benchmarks {
  bench: (request: Settings & { write: (text: string) => void; progress: (text: string) => void }) => Promise<{ failures: readonly unknown[] }>;
  listCases: () => readonly { name: string; says: string; byDefault: boolean }[];
  compareFiles: (a: string, b: string) => Promise<string>;
}

interface Flags extends Omit<Settings, 'cases' | 'profile' | 'soakMinutes' | 'soakFunctions' | 'measuredMs'> {
  case?: string[];
  list?: boolean;
  compare?: string;
  quick?: boolean;
  full?: boolean;
  minutes?: number;
  functions?: boolean;
  milliseconds?: number;
}

const MODULE = new URL('../bench/index.js', import.meta.url).href;
/** The sequence number ends here, and the largest frame that an IPv4 packet makes. */
const LEAST_FRAME_BYTES = 64;
const MOST_FRAME_BYTES = 65549;
const MOST_VMS = 16;
const MOST_BURST = 1024;
const MOST_FLOWS = 1_048_576;

export function addBench(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  program
    .command('bench [other]')
    .option('--case <names>', 'only these cases, by commas', (text: string) => text.split(','))
    .option('--list', 'say what the cases are, and measure nothing')
    .option('--quick', 'about a minute: shows that everything works, too few repetitions for a measurement')
    .option('--full', 'about an hour: more sizes and repetitions, longer windows')
    .option('--sizes <list>', 'bytes of packets, by commas (default: 64,512,1500,9000)', list(LEAST_FRAME_BYTES, MOST_FRAME_BYTES))
    .option('--vms <list>', 'lengths of the chain (default: 1,2,3,4,8,16)', list(1, MOST_VMS))
    .option('--bursts <list>', 'packets that a VM takes in one step (default: 1,8,32,64,256)', list(1, MOST_BURST))
    .option('--flows <list>', 'connections, powers of two (default: 1024,16384,262144,1048576)', list(1, MOST_FLOWS))
    .option('--repetitions <count>', 'measured repetitions (default: 10)', whole(1))
    .option('--milliseconds <count>', 'length of the measured window (default: 200)', whole(10))
    .option('--minutes <count>', 'length of the case soak (default: 1)', whole(1))
    .option('--functions', 'of soak: firewall, NAT and DPI instead of functions that touch headers')
    .option('--captures <folder>', 'captures for the case real, beside the example')
    .option('--seed <number>', 'what the packets depend on (default: 1)', whole(0))
    .option('--json <file>', 'write summaries and environment as JSON (samples too, where no CSV is written)')
    .option('--csv <file>', 'write a row a measured value, with every factor')
    .option('--html <file>', 'write a page with plots, drawn from the same rows')
    .option('--compare <file>', 'compare two CSV files of earlier runs: --compare BEFORE.csv AFTER.csv')
    .summary('measure this machine')
    .description('Measure chains of network functions against copies, messages and C; latency, loss, idling and more.')
    .addHelpText('after', `
Examples:
  $ millrace bench --quick
  $ millrace bench --csv samples.csv --json results.json --html report.html
  $ millrace bench --case chain --sizes 64,9000 --repetitions 20
  $ millrace bench --compare before.csv after.csv`)
    .action(async (other: string | undefined, flags: Flags) => {
      ended(await runBench(other, flags, terminal));
    });
}

async function runBench(other: string | undefined, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  try {
    const benchmarks = (await import(MODULE)) as Benchmarks;
    if (flags.list === true) {
      const rows = benchmarks.listCases().map(({ name, says, byDefault }) => [name, says, byDefault ? '' : 'only when named']);
      terminal.stdout.write(`${table([{ title: 'case' }, { title: 'measures' }, { title: '' }], rows, { titleStyle: (text) => text }).join('\n')}\n`);
      return EXIT_CODES.done;
    }
    if (flags.compare !== undefined || other !== undefined) {
      if (flags.compare === undefined) throw new UsageError(`'${other}' is no option: cases are named by --case ${other}, files by --csv, --json and --html`);
      if (other === undefined) throw new UsageError('two files are compared: millrace bench --compare BEFORE.csv AFTER.csv');
      terminal.stdout.write(await benchmarks.compareFiles(flags.compare, other));
      return EXIT_CODES.done;
    }
    const settings = settingsOf(flags);
    const names = benchmarks.listCases().map(({ name }) => name);
    if (flags.captures !== undefined && !(await stat(flags.captures).then((found) => found.isDirectory(), () => false))) throw new UsageError(`--captures ${flags.captures}: there is no such folder`);
    const unknown = settings.cases?.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new UsageError(`--case ${unknown}: there is no such case${didYouMean(unknown, names)}; there are ${names.join(', ')}`);
    const { failures } = await benchmarks.bench({
      ...settings,
      write: (text) => terminal.stdout.write(text),
      progress: (text) => terminal.stderr.write(`${text}\n`),
    });
    return failures.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
  } catch (error) {
    return fail(terminal, error, false);
  }
}

function settingsOf({ case: cases, quick, full, minutes, functions, milliseconds, ...rest }: Flags): Settings {
  if (quick === true && full === true) throw new UsageError('--quick and --full exclude each other');
  return {
    ...rest,
    ...(cases !== undefined && { cases }),
    ...(quick === true && { profile: 'quick' as const }),
    ...(full === true && { profile: 'full' as const }),
    ...(functions === true && { soakFunctions: true }),
    ...(minutes !== undefined && { soakMinutes: minutes }),
    ...(milliseconds !== undefined && { measuredMs: milliseconds }),
  };
}

function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? ' on' : ` to ${most}`}.`);
    }
    return value;
  };
}

function list(least: number, most: number): (text: string) => number[] {
  return (text) => text.split(',').map(whole(least, most));
}
