import t from 'tap';
import { branchName } from '../../src/domain/repos/index.ts';

t.test('a branch is named after the run and what it is about', (t) => {
  const runId = 'run_01HF7YAT01GWDQVRJ3AS6GJ28P';
  const cases: Record<string, string> = {
    'Fix the flaky test!': '-fix-the-flaky-test',
    'Überprüfe — das!': '-uberprufe-das',
    '../../x @{-1} ~^: .lock': '-x-1-lock',
    日本語: '',
    '': '',
    '---': '',
    [`${'long '.repeat(50)}`]: '-long-long-long-long-long-long-lo',
  };
  for (const [text, slug] of Object.entries(cases)) {
    t.equal(branchName(runId, text), `drover/as6gj28p${slug}`, text);
  }
  t.end();
});
