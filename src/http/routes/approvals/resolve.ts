import type { Handler } from '../../route.ts';

/** `POST /v1/approvals/{approval}` */
export const resolveApproval: Handler<'approvalsResolve'> = ({ services, params, body, caller }) =>
  services.approvals.resolve(params.approval, body, caller.name);
