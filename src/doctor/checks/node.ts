import { realpathSync } from 'node:fs';
import { isNodeNewEnough, leastNode } from '../../contract/index.ts';
import { askNode, passingReason } from '../../service/index.ts';
import { type Finding, failure, fine, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

const least = leastNode.join('.');

/** The Node.js of this command, and the one that the unit names. */
export async function checkNode(situation: Situation): Promise<readonly Finding[]> {
  const { world, installed, renew } = situation;
  const own = fine('node.own', `This command runs on Node.js ${process.versions.node} (${world.execPath})`);
  const named = installed?.spec?.node;
  if (named === undefined) return [own];
  const answer = await askNode(named, world.machine);
  if (answer === null) {
    return [
      own,
      failure('node.unit', `The Node.js of the service is gone: ${named}`, {
        detail:
          'A version manager removes a version with all its folders at an upgrade. The service cannot start.',
        command: renew,
      }),
    ];
  }
  if (!isNodeNewEnough(answer.version)) {
    return [
      own,
      failure(
        'node.unit',
        `The Node.js of the service is ${answer.version}, and drover needs ${least} (${named})`,
        {
          command: renew,
        },
      ),
    ];
  }
  const reason = passingReason(realPathOf(named), {
    tmp: world.tmp,
    runtime: world.machine.env.XDG_RUNTIME_DIR,
  });
  if (reason !== null) {
    return [
      own,
      warning('node.unit', `The Node.js of the service is ${reason}: ${named}`, {
        detail: 'It works today, and the service cannot start once that is cleaned up.',
        command: `${renew} --node PATH`,
      }),
    ];
  }
  return [own, fine('node.unit', `The service runs on Node.js ${answer.version} (${named})`)];
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it answered a moment ago: judged by its name
  }
}
