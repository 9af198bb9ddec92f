import type { Handler } from '../../route.ts';

/** `GET /v1/approvals` */
export const listApprovals: Handler<'approvalsList'> = ({ services, query }) =>
  services.approvals.list({ limit: query.limit, cursor: query.cursor, status: query.status });
