import { AppError } from '../../../contract/index.ts';
import { findProgram } from '../which.ts';

/** Where tmux is on `path` (a PATH). Throws `agent_unknown` where it is not. */
export function findTmux(path: string): string {
  const found = findProgram('tmux', path);
  if (found !== null) return found;
  throw new AppError(
    'agent_unknown',
    'The terminal runtime needs tmux, and the daemon finds none on its PATH',
    { hint: 'install tmux 3.0 or later: apt install tmux, dnf install tmux, brew install tmux' },
  );
}
