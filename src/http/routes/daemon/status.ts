import type { Handler } from '../../route.ts';

/** `GET /v1/status` */
export const status: Handler<'status'> = ({ services }) => services.status();
