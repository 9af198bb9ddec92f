import { AppError } from '../../../contract/index.ts';
import type { Handler } from '../../route.ts';

/** `GET /readyz`: recovery is done and the drain has not begun. */
export const readyz: Handler<'readyz'> = async ({ services }) => {
  if (!services.isReady()) throw new AppError('draining', 'The daemon is starting or stopping');
  return { status: 'ok' };
};
