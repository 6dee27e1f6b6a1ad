/** `millrace rules`: the rules of a chain file's firewalls, for another firewall. */
import { Option, type Command } from 'commander';
import type { FirewallOptions } from '../nf/firewall/options.js';
import { printNftables, type Interfaces } from '../nf/firewall/nft/print-rules.js';
import type { Plan } from '../runtime/plan.js';
import { planOf, takesFiles } from './chain-file.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, UsageError } from './failure.js';
import { collectFile, type FilesByName, type Overrides } from './overrides.js';
import type { Terminal } from './terminal.js';

interface RulesFlags extends Overrides {
  to: 'nft';
  interface?: FilesByName;
}

export function addRules(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  takesFiles(program.command('rules').argument('<chain.yaml>', 'whose rules'))
    .addOption(new Option('--to <form>', 'for which firewall').choices(['nft']).default('nft'))
    .option('--interface <port=NAME>', 'call the network interface of a port so; repeatable (default: the name of the port)', collectFile)
    .summary("print the firewalls' rules for nftables")
    .description("Print the rules of a chain file's firewalls for nftables. What nftables cannot say stands there as a comment.")
    .addHelpText('after', `
Examples:
  $ millrace rules examples/office.yaml
  $ millrace rules chain.yaml --interface inside=eth1 --interface outside=eth0 | nft -f -`)
    .action(async (file: string, flags: RulesFlags) => {
      ended(await rules(file, terminal, flags));
    });
}

async function rules(file: string, terminal: Terminal, { interface: names = {}, ...overrides }: RulesFlags): Promise<ExitCode> {
  try {
    const plan = await planOf(file, overrides);
    const unknown = Object.keys(names).filter((name) => !plan.ports.some((port) => port.name === name));
    if (unknown.length > 0) throw new UsageError(`--interface ${unknown[0]}: there is no such port; there are ${plan.ports.map(({ name }) => name).join(', ')}`);
    const texts = plan.functions.flatMap((use, index) => {
      // The replicas of a chain have the same rules.
      if (use.function !== 'firewall' || use.replica.index > 0) return [];
      return [printNftables(use.name, use.options as FirewallOptions, interfacesOf(plan, index, names))];
    });
    if (texts.length === 0) throw new UsageError(`${file} has no firewall`);
    terminal.stdout.write(texts.join('\n'));
    return EXIT_CODES.done;
  } catch (error) {
    return fail(terminal, error, false);
  }
}

/** Between which interfaces the function stands: those of the paths that lead through it. */
function interfacesOf(plan: Plan, use: number, names: FilesByName): Interfaces {
  const ports = plan.ports.map(({ name }) => names[name] ?? name);
  const paths = plan.paths.filter(({ replicas }) => replicas.some((functions) => functions.includes(use)));
  const unique = (indexes: readonly number[]): string[] => [...new Set(indexes)].map((index) => ports[index]);
  return { ports, inside: unique(paths.map(({ from }) => from)), outside: unique(paths.map(({ to }) => to)) };
}
