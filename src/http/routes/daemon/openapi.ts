import { openApi } from '../../openapi.ts';
import type { Handler } from '../../route.ts';

/** `GET /v1/openapi.json`: made from the routes at each call, which are rare. */
export const openapi: Handler<'openapi'> = async ({ services }) => openApi((await services.status()).version);
