/**
 * notify: what the daemon and the service manager that started it have to say to each other. It promises that the
 * manager's variables are taken out of the environment before anything inherits them, and that a manager that does not
 * listen costs a warning and nothing else; it must not know what a run or a request is.
 */
export {
  firstInheritedFd,
  type Inherited,
  type ServiceEnvironment,
  takeServiceEnvironment,
} from './environment.ts';
export { createNotifier, type Notifier, type NotifierOptions, type Pulse } from './notifier.ts';
