import type { Handler } from '../../route.ts';

/** `GET /v1/metrics`: the same figures as JSON. */
export const metricsJson: Handler<'metricsJson'> = ({ services }) => services.metrics();
