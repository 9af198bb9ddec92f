import { AppError } from '../../../contract/index.ts';
import type { Handler } from '../../route.ts';
import { invalid } from '../../validate.ts';

/** `POST /v1/runs` */
export const startRun: Handler<'runsStart'> = async ({ services, body, idempotency }) => {
  if (body.command === undefined && (body.prompt ?? '').trim() === '') {
    throw invalid('body', [{ path: 'prompt', message: 'required, unless command is given' }]);
  }
  if (!services.isReady()) throw new AppError('draining', 'The daemon is starting or stopping');
  services.assertRoomToStart();
  return services.runs.start(body, idempotency);
};
