import type { Handler } from '../../route.ts';

/** `GET /v1/approvals/{approval}` */
export const showApproval: Handler<'approvalsShow'> = ({ services, params }) =>
  services.approvals.show(params.approval);
