/** A plan that shows the whole grammar. */
export const samplePlan = `# Log in by link

**Goal:** A person gets in with a link from a mail
**Architecture:** One table of links, two routes, the mailer that is there
**Tech Stack:** TypeScript, SQLite

## Wave 1: Base

### Task 1: The table of links

Create \`src/links.ts\`: make a link for an address, redeem it once, within an hour.
Test in \`test/links.test.ts\`: a second use and a late one are refused. \`npm test\` passes.

### Task 2: The mail

Add \`sendLink(address, link)\` to \`src/mailer.ts\`, with a test that reads what was sent.

## Wave 2

### Task 3: The routes

Add \`POST /login\` and \`GET /login/:link\` on top of tasks 1 and 2, with tests of both.
`;

/** How a plan is written, for those that write one. */
export const planGrammar = `How a plan is written:

- \`# \` and the title, then the lines \`**Goal:**\`, \`**Architecture:**\` and \`**Tech Stack:**\`, each on one line.
- \`## Wave 1\`, \`## Wave 2\` and so on, without a gap; a title may follow after a colon. Each has at least one task.
- \`### Task 1: title\` below its wave. What follows, up to the next heading of that level or higher, is the task: all that its coder is told. Use level 4 and deeper for headings within it, and an empty line before a rule of dashes.
- At most 5000 lines, 100 waves and 500 tasks; no two tasks of a wave have the same title, and none has more than 200 characters.

For example:

\`\`\`\`markdown
${samplePlan}\`\`\`\``;
