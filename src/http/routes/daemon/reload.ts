import type { Handler } from '../../route.ts';

/** `POST /v1/reload` */
export const reload: Handler<'reload'> = ({ services }) => services.reload();
