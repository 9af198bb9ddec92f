/**
 * profiles: which daemons this user has side by side, and how each does. It promises an answer within a second or two
 * whatever the daemons do, and must not know how it is printed.
 */
export { answerMs, type ProfileReport, type ProfileService, reportProfile } from './report.ts';
export { managerMs, servicesOf } from './services.ts';
