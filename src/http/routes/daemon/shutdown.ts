import { type Handler, reply } from '../../route.ts';

/** `POST /v1/shutdown`: the drain begins once this answer is on its way. */
export const shutdown: Handler<'shutdown'> = async ({ services, caller, stream }) => {
  stream.outgoing.once('finish', () => services.shutdown(`asked for by ${caller.name} over HTTP`));
  return reply(202, { status: 'stopping' });
};
