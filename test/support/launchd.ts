/**
 * Stands in for launchd on a machine that has none: it keeps domains, loaded labels and disabled ones, starts the programs
 * of the agents for real, restarts them by KeepAlive and ThrottleInterval, ends them by SIGTERM and ExitTimeOut, lets a
 * label leave slowly, and answers launchctl with the exit codes that people have seen: 3, 5, 36, 37, 64, 112, 113, 119,
 * 125. A `launchctl` for PATH lies in its folder.
 */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PlistDict, parsePlist } from '../../src/service/launchd/plist.ts';
import { checkAgentKeys } from './agent-keys.ts';
import { describe, type End, endProgram, type Job, signalGroup, startProgram } from './launchd-job.ts';

type Reply = { readonly code: number; readonly out: string; readonly err: string };
/** A launchd of one user, and what a test may do to it. */
export type Launchd = {
  /** A folder with `launchctl` in it, for PATH. */
  readonly bin: string;
  /** Every call so far, as one line each. */
  readonly calls: string[];
  /** Domains that are there. */
  readonly domains: Set<string>;
  readonly disabled: Set<string>;
  /** The next calls of a verb end with this code, whatever the state is. */
  readonly fail: (verb: string, code: number, times?: number) => void;
  /** Labels whose program file was replaced: what is started is ended by the kernel until the label is loaded anew. */
  readonly replaced: Set<string>;
  /** How many looks a label takes to leave after its process. */
  slowness: number;
  /** How long a process that is shown as `SIGTERMed` goes on before it knows, in milliseconds. */
  signalDelayMs: number;
  /** Replaces ThrottleInterval, in milliseconds. */
  throttleMs: number;
  /** `DOMAIN/LABEL` of what is loaded. */
  readonly loaded: () => string[];
  readonly pidOf: (label: string) => number | null;
  readonly runsOf: (label: string) => number;
  readonly ask: (args: readonly string[]) => Promise<Reply>;
  readonly close: () => Promise<void>;
};

const texts: Readonly<Record<number, string>> = {
  3: 'No such process',
  5: 'Input/output error',
  36: 'Operation now in progress',
  37: 'Operation already in progress',
  64: 'Unrecognized option',
  112: 'Could not find specified domain',
  113: 'Could not find specified service',
  119: 'Service is disabled',
  125: 'Domain does not support specified action',
  134: 'Service cannot load in requested session',
};

/** Starts one in `folder`. */
export async function startLaunchd(folder: string, uid: number): Promise<Launchd> {
  const jobs = new Map<string, Job>();
  const failures: { verb: string; code: number; times: number }[] = [];
  const calls: string[] = [];
  const domains = new Set([`gui/${uid}`, `user/${uid}`]);
  const disabled = new Set<string>();
  const replaced = new Set<string>();
  const children = new Set<ChildProcess>();

  const start = (job: Job) => {
    job.timer = null;
    job.runs += 1;
    const begun = performance.now();
    const over = (end: End) => {
      job.child = null;
      job.ended = end;
      if (job.leaving !== null) return;
      const keepAlive = job.plist.get('KeepAlive');
      const isWanted =
        keepAlive instanceof Map && keepAlive.get('SuccessfulExit') === false && end.code !== 0;
      job.state = isWanted ? 'spawn scheduled' : 'not running';
      const rest = launchd.throttleMs - (performance.now() - begun);
      if (isWanted) job.timer = setTimeout(() => start(job), Math.max(0, rest));
    };
    if (replaced.has(job.label)) return over({ code: null, signal: null });
    const child = startProgram(job.plist, job.label);
    if (child === null) return over({ code: 78, signal: null });
    children.add(child);
    job.child = child;
    job.state = 'running';
    child.once('error', () => over({ code: 78, signal: null }));
    child.once('exit', (code, signal) => {
      children.delete(child);
      if (job.plist.get('AbandonProcessGroup') !== true) signalGroup(child, 'SIGKILL');
      over({ code, signal });
    });
  };

  const bootstrap = (domain: string, file: string): Reply => {
    if (!domains.has(domain)) return reply('Bootstrap', 125);
    let plist: PlistDict;
    try {
      if ((statSync(file).mode & 0o022) !== 0) return reply('Bootstrap', 5);
      plist = parsePlist(readFileSync(file, 'utf8'));
      checkAgentKeys(plist);
    } catch {
      return reply('Bootstrap', 5);
    }
    const label = String(plist.get('Label'));
    const types = plist.get('LimitLoadToSessionType');
    if (domain.startsWith('user/') && !(Array.isArray(types) && types.includes('Background')))
      return reply('Bootstrap', 134);
    if (disabled.has(label)) return reply('Bootstrap', 119);
    const there = jobs.get(`${domain}/${label}`);
    if (there !== undefined) return reply('Bootstrap', there.leaving === null ? 5 : 37);
    replaced.delete(label);
    const job: Job = {
      label,
      domain,
      file,
      plist,
      child: null,
      state: 'not running',
      runs: 0,
      ended: null,
      leaving: null,
      timer: null,
    };
    jobs.set(`${domain}/${label}`, job);
    if (plist.get('RunAtLoad') === true || plist.has('KeepAlive')) start(job);
    return ok();
  };

  const bootout = (target: string): Reply => {
    const job = jobs.get(target);
    if (job === undefined) return reply('Boot-out', domains.has(domainOf(target)) ? 3 : 112);
    if (job.leaving !== null) return reply('Boot-out', 36);
    job.leaving = launchd.slowness;
    if (job.timer !== null) clearTimeout(job.timer);
    endProgram(job, launchd.signalDelayMs);
    return ok();
  };

  const kickstart = async (target: string, isForced: boolean): Promise<Reply> => {
    const job = jobs.get(target);
    if (job === undefined) return reply('Kickstart', domains.has(domainOf(target)) ? 113 : 112);
    if (job.leaving !== null) return reply('Kickstart', 37);
    if (disabled.has(job.label)) return reply('Kickstart', 119);
    if (job.child !== null && !isForced) return ok();
    const { child } = job;
    if (child !== null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    if (job.timer !== null) clearTimeout(job.timer);
    if (job.child === null) start(job);
    return ok();
  };

  const kill = (signal: string, target: string): Reply => {
    const job = jobs.get(target);
    if (job === undefined) return reply('Kill', 113);
    if (job.child === null) return reply('Kill', 3);
    job.child.kill(signal as NodeJS.Signals);
    return ok();
  };

  const print = (target: string): Reply => {
    if (target.split('/').length === 2)
      return domains.has(target)
        ? ok(`${target} = {\n\ttype = login\n}\n`)
        : reply('Print', target.startsWith('gui') ? 125 : 112);
    if (!domains.has(domainOf(target))) return reply('Print', 112);
    const job = jobs.get(target);
    if (job?.leaving != null && job.child === null) {
      job.leaving -= 1;
      if (job.leaving < 0) jobs.delete(target);
    }
    return jobs.has(target) && job !== undefined ? ok(describe(job)) : reply('Print', 113);
  };

  const answer = async (args: readonly string[]): Promise<Reply> => {
    calls.push(args.join(' '));
    const [verb = '', ...rest] = args;
    const failure = failures.find((each) => each.verb === verb && each.times > 0);
    if (failure !== undefined) {
      failure.times -= 1;
      return reply(verb, failure.code);
    }
    const [first = '', second = ''] = rest;
    switch (`${verb} ${rest.length}`) {
      case 'print 1':
        return print(first);
      case 'print-disabled 1':
        return ok(
          `disabled services = {\n${[...disabled].map((name) => `\t\t"${name}" => disabled\n`).join('')}\t}\n`,
        );
      case 'enable 1':
      case 'disable 1':
        disabled[verb === 'enable' ? 'delete' : 'add'](first.split('/')[2] ?? '');
        return ok();
      case 'bootstrap 2':
        return bootstrap(first, second);
      case 'bootout 1':
        return bootout(first);
      case 'kickstart 1':
        return kickstart(first, false);
      case 'kickstart 2':
        return first === '-k' ? kickstart(second, true) : reply(verb, 64);
      case 'kill 2':
        return kill(first, second);
      default:
        return reply(verb, 64);
    }
  };

  const bin = join(folder, 'launchd');
  mkdirSync(bin, { recursive: true });
  const socket = join(bin, 's');
  const client = fileURLToPath(new URL('./launchctl.ts', import.meta.url));
  writeFileSync(
    join(bin, 'launchctl'),
    `#!/bin/sh\nexec '${process.execPath}' '${client}' '${socket}' "$@"\n`,
  );
  chmodSync(join(bin, 'launchctl'), 0o755);
  const server = createServer((connection) => {
    connection.setEncoding('utf8');
    let text = '';
    connection.on('error', () => connection.destroy());
    connection.on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      void answer(JSON.parse(text) as string[]).then((said) => connection.end(JSON.stringify(said)));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  server.unref();

  const launchd: Launchd = {
    bin,
    calls,
    domains,
    disabled,
    replaced,
    slowness: 0,
    signalDelayMs: 0,
    throttleMs: 10_000,
    fail: (verb, code, times = 1) => failures.push({ verb, code, times }),
    loaded: () => [...jobs.keys()],
    pidOf: (label) =>
      [...jobs.values()].find((job) => job.label === label && job.child !== null)?.child?.pid ?? null,
    runsOf: (label) => [...jobs.values()].find((job) => job.label === label)?.runs ?? 0,
    ask: answer,
    close: async () => {
      for (const job of jobs.values()) if (job.timer !== null) clearTimeout(job.timer);
      for (const job of jobs.values()) job.leaving = 0;
      await Promise.all(
        [...children].map(
          (child) =>
            new Promise((resolve) => {
              child.once('exit', resolve);
              child.kill('SIGKILL');
            }),
        ),
      );
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return launchd;
}

function domainOf(target: string): string {
  return target.split('/').slice(0, 2).join('/');
}

function ok(out = ''): Reply {
  return { code: 0, out, err: '' };
}

function reply(verb: string, code: number): Reply {
  return { code, out: '', err: `${verb} failed: ${code}: ${texts[code] ?? 'unknown error'}\n` };
}
