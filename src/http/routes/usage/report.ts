import type { Handler } from '../../route.ts';

/** `GET /v1/usage` */
export const reportUsage: Handler<'usage'> = ({ services, query }) => services.usage(query);
