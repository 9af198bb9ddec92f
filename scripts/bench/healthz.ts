/** `GET /healthz` on a kept connection, beside a server of the same libraries with that one route. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { measureInRounds, median, type Result, rowsOf } from './figures.ts';
import { type Lab, startDrover, untilAnswers } from './lab.ts';

const plan = { rounds: 60, budgetMs: 20_000 };
const requestsPerRound = 300;
/** Connections that ask at the same time, for the throughput. */
const parallel = 16;

type Subject = { readonly name: string; readonly one: Asker; readonly many: readonly Asker[] };
/** Sends one request and resolves when its answer is whole. */
type Asker = { readonly ask: () => Promise<void>; readonly close: () => void };

export async function benchHealthz(lab: Lab): Promise<Result> {
  const bare = join(lab.makeFolder(), 's');
  lab.start([lab.node, lab.bareServer, bare]);
  await untilAnswers(bare, '/healthz');
  const { socket } = startDrover(lab);
  await untilAnswers(socket, '/readyz');
  const base = 'bare hono server';
  const subjects: readonly Subject[] = await Promise.all([prepare(base, bare), prepare('drover', socket)]);
  for (const { one, many } of subjects)
    lab.onClose(async () => {
      for (const each of [one, ...many]) each.close();
    });

  const alone = new Map(subjects.map(({ name, one }) => [`${name}, one by one`, () => latency(one)]));
  const together = new Map(
    subjects.map(({ name, many }) => [`${name}, ${parallel} at once`, () => share(many)]),
  );
  const rows = [
    ...rowsOf(await measureInRounds(alone, plan), { base: `${base}, one by one`, unit: 'us' }),
    ...rowsOf(await measureInRounds(together, plan), { base: `${base}, ${parallel} at once`, unit: 'us' }),
  ];
  return { title: `healthz: one request, rounds of ${requestsPerRound}`, rows };
}

async function prepare(name: string, path: string): Promise<Subject> {
  const one = await open(path);
  const many = await Promise.all(Array.from({ length: parallel }, () => open(path)));
  for (let count = 0; count < 10; count += 1) await latency(one); // until the server's code is compiled
  return { name, one, many };
}

/** The median time of a request, in µs. */
async function latency({ ask }: Asker): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < requestsPerRound; count += 1) {
    const begin = performance.now();
    await ask();
    times.push((performance.now() - begin) * 1000);
  }
  return median(times);
}

/** The time that each request takes of the whole, in µs, when all connections ask again as soon as they are answered. */
async function share(askers: readonly Asker[]): Promise<number> {
  const each = Math.ceil(requestsPerRound / askers.length) * 2;
  const begin = performance.now();
  await Promise.all(
    askers.map(async ({ ask }) => {
      for (let count = 0; count < each; count += 1) await ask();
    }),
  );
  return ((performance.now() - begin) * 1000) / (each * askers.length);
}

/** A connection that speaks just enough HTTP, so that the client costs little beside the server. */
function open(path: string): Promise<Asker> {
  const request = Buffer.from('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return new Promise((resolve, reject) => {
    let pending = Promise.withResolvers<void>();
    let text = '';
    const socket: Socket = connect(path, () =>
      resolve({
        ask: () => {
          pending = Promise.withResolvers<void>();
          socket.write(request);
          return pending.promise;
        },
        close: () => socket.destroy(),
      }),
    );
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const head = text.indexOf('\r\n\r\n');
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
      if (head === -1 || text.length < head + 4 + Number(length ?? Number.NaN)) return;
      if (!text.startsWith('HTTP/1.1 200 ')) pending.reject(new Error(`Not answered with 200: ${text}`));
      else pending.resolve();
      text = '';
    });
    socket.once('error', (error) => {
      reject(error);
      pending.reject(error);
    });
  });
}
