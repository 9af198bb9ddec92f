import type { Handler } from '../../route.ts';

/** `GET /v1/agents` */
export const listAgents: Handler<'agentsList'> = async ({ services, query }) => ({
  items: services.agents.list({ isAll: query.all === 'true' }),
  next_cursor: null,
});
