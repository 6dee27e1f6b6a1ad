/** `millrace bench`: the benchmarks. They are compiled apart, so they are imported when they are asked for. */
import { InvalidArgumentError, type Command } from 'commander';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail } from './failure.js';
import type { Terminal } from './terminal.js';

/** What is used of `bench/index.ts`. */
interface Benchmarks {
  bench: (request: {
    suites?: readonly string[];
    sizes?: readonly number[];
    packets?: number;
    repetitions?: number;
    quick?: boolean;
    seed?: number;
    json?: string;
    csv?: string;
    write: (text: string) => void;
    progress: (text: string) => void;
  }) => Promise<{ failures: readonly unknown[] }>;
}

interface Flags {
  case?: 'micro' | 'macro';
  sizes?: number[];
  packets?: number;
  repetitions?: number;
  seed?: number;
  quick?: boolean;
  json?: string;
  csv?: string;
}

const MODULE = new URL('../bench/index.js', import.meta.url).href;
const SUITES = ['micro', 'macro'];
/** Smallest frame of UDP over IPv4, and the largest that an IPv4 packet makes. */
const LEAST_FRAME_BYTES = 42;
const MOST_FRAME_BYTES = 65549;

export function addBench(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  program
    .command('bench')
    .option('--case <suite>', 'only `micro` or only `macro`', suite)
    .option('--sizes <list>', 'bytes of the packets of macro, by commas (default: 64,512,1500,9000)', sizes)
    .option('--packets <count>', 'measured packets of a repetition (default: 2000000)', whole(1))
    .option('--repetitions <count>', 'measured repetitions (default: 10)', whole(1))
    .option('--seed <number>', 'what the packets depend on (default: 1)', whole(0))
    .option('--quick', 'two repetitions of few packets: shows that everything works, measures nothing')
    .option('--json <file>', 'write samples, summaries and environment as JSON')
    .option('--csv <file>', 'write a row a sample, with every factor')
    .summary('measure this machine')
    .description('Measure single operations, and a chain of three network functions against copies and messages.')
    .addHelpText('after', `
Examples:
  $ millrace bench
  $ millrace bench --case macro --sizes 64,9000 --repetitions 20 --csv samples.csv`)
    .action(async (flags: Flags) => {
      ended(await runBench(flags, terminal));
    });
}

async function runBench({ case: only, ...flags }: Flags, terminal: Terminal): Promise<ExitCode> {
  try {
    const { bench } = (await import(MODULE)) as Benchmarks;
    const results = await bench({
      ...flags,
      ...(only !== undefined && { suites: [only] }),
      write: (text) => terminal.stdout.write(text),
      progress: (text) => terminal.stderr.write(`${text}\n`),
    });
    return results.failures.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
  } catch (error) {
    return fail(terminal, error, false);
  }
}

function suite(text: string): string {
  if (!SUITES.includes(text)) throw new InvalidArgumentError(`Expected ${SUITES.join(' or ')}.`);
  return text;
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`Expected a whole number from ${least} on.`);
    return value;
  };
}

function sizes(text: string): number[] {
  const list = text.split(',').map(whole(LEAST_FRAME_BYTES));
  if (list.some((bytes) => bytes > MOST_FRAME_BYTES)) throw new InvalidArgumentError(`Expected at most ${MOST_FRAME_BYTES} B.`);
  return list;
}
