/** All commands by name. */
import type { ControlCommands } from '../command.js';
import { apply } from './apply.js';
import { info } from './info.js';
import { rates } from './rates.js';
import { stats } from './stats.js';
import { stop } from './stop.js';
import { tap } from './tap.js';

export const CONTROL_COMMANDS: ControlCommands = { info, rates, stats, apply, stop, tap };
