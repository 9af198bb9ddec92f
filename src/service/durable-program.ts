import { AppError } from '../contract/index.ts';
import { lastingName, type PassingPlaces, passingReason, type RealPath } from './passing.ts';

/** The file that runs drover, and what a person should know about it. */
export type ChosenProgram = { readonly program: string; readonly note: string | null };

/**
 * The file of this program by a name that lasts. `npm install -g` puts it below a node_modules folder that stays; the
 * cache of a package runner does not. Throws `usage` for that one.
 */
export function chooseProgram(
  called: string,
  world: PassingPlaces & { readonly realPath: RealPath },
): ChosenProgram {
  const real = world.realPath(called) ?? called;
  const reason = passingReason(real, world);
  if (reason === 'made for one shell or one call') {
    throw new AppError('usage', `A service cannot run drover from ${real}, which is ${reason}`, {
      hint: 'install it first: npm install -g drover',
    });
  }
  const program = lastingName(real, [called], world.realPath);
  const isTemporary = reason !== null && reason !== 'below a node_modules folder';
  const note = `warning: drover itself is ${reason} (${program}), and without it the service cannot start`;
  return { program, note: isTemporary ? note : null };
}
