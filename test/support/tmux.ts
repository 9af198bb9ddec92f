import { spawnSync } from 'node:child_process';
import { findProgram } from '../../src/domain/agents/index.ts';

/** Where tmux is, or nothing. */
export const tmux = findProgram('tmux', process.env.PATH ?? '') ?? '';

/** Why a test that needs tmux is skipped, or false. */
export const lacksTmux = tmux === '' && 'needs tmux';

/** Sends one command to the tmux server on `socket`; what it printed. */
export function tellTmux(socket: string, ...args: string[]): string {
  return spawnSync(tmux, ['-S', socket, ...args], { encoding: 'utf8' }).stdout;
}
