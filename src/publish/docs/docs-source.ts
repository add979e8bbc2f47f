// Generated from guide.md, prompts/ and page/docs.css by scripts/docs-source.ts; a test compares them.
export const GUIDE = `# Over HTTP

## Run a prompt {#run}

The body of \`POST /\` is the document. With \`wait\` the answer is the whole run; \`Accept: text/plain\` makes it the answer alone.

\`\`\`sh
curl -KEY -H 'Accept: text/plain' --data-binary 'Say hello.' 'https://HOST/?wait=60'
\`\`\`

Without \`wait\` it is \`201\` at once: the run's addresses and its \`owner_token\` as JSON, while the run goes on. Whoever has the address can read the run, nobody can guess it.

\`\`\`sh
curl -KEY --data-binary 'Say hello.' 'https://HOST/' > run.json
ID=$(sed -n 's/^  "id": "\\(.*\\)",$/\\1/p' run.json)
OWNER_TOKEN=$(sed -n 's/^  "owner_token": "\\(.*\\)",$/\\1/p' run.json)
curl "https://HOST/$ID.md"
\`\`\`

## See it being written {#stream}

\`Accept: text/markdown\` or \`text/plain\` streams the answer, \`text/event-stream\` everything that happens. A document of several lines goes in by a file or by \`@-\`.

\`\`\`sh
curl -N -KEY -H 'Accept: text/markdown' --data-binary @- 'https://HOST/' <<'END'
---
tools: /demo/mcp
---
What time is it in Tokyo, and what is 17 * 23?
END
\`\`\`

## Give values and settings {#values}

As JSON, \`input\` holds the values of variables, and every other key is a setting that wins over the document's. Query parameters and fields of a form do the same. \`dry_run=1\` tells what would be sent, with all problems of the document, and runs nothing.

\`\`\`sh
curl -KEY -H 'Content-Type: application/json' -d '{
  "prompt": "---\\ninput:\\n  schema: { topic: string }\\n---\\nThree facts about {{topic}}.",
  "input": { "topic": "tides" }, "max_tokens": 300 }' 'https://HOST/?wait=60'
curl -KEY --data-binary 'Read @https://example.com/ and say hello.' 'https://HOST/?dry_run=1'
\`\`\`

## Read a run {#read}

\`/{id}.md\` is the whole run as Markdown, \`.json\` all of it as data, \`.txt\` the answer, \`.html\` a page, \`/events\` server-sent events that resume with \`Last-Event-ID\`. \`status\` is \`queued\`, \`running\`, \`requires_action\`, \`completed\`, \`failed\`, \`cancelled\` or \`expired\`.

\`\`\`sh
curl "https://HOST/$ID.json"
curl "https://HOST/$ID.txt"
\`\`\`

## Own a run {#own}

Only with the \`owner_token\` of the creation reply, or the API key that made it: \`POST /{id}/cancel\`, \`POST /{id}/rotate\` for another address, \`DELETE /{id}\`, and \`POST /{id}/actions/{action_id}\` where \`required_action\` says what the run waits for: \`{"decision":"approve"}\` or \`"deny"\` for a call, \`{"action":"accept","content":{…}}\` for a question; a login has a \`connect_url\` to open.

\`\`\`sh
curl -X POST -H "Authorization: Bearer $OWNER_TOKEN" "https://HOST/$ID/cancel"
curl -X DELETE -H "Authorization: Bearer $OWNER_TOKEN" "https://HOST/$ID"
\`\`\`

## Speak OpenAI’s API {#chat}

\`https://HOST/v1\` is a base URL for any OpenAI client; tool servers go into \`tools\`. \`https://HOST/api.openai.com/v1\` takes your own key to that provider, with the same \`tools\`, and \`https://HOST/{id}/chat/completions\` goes on from a run.

\`\`\`sh
curl -KEY -H 'Content-Type: application/json' -d '{
  "messages": [{"role": "user", "content": "Roll two dice."}],
  "tools": [{"type": "mcp", "server_url": "https://HOST/demo/mcp"}] }' 'https://HOST/v1/chat/completions'
\`\`\`

## Be a tool of other programs {#mcp}

\`https://HOST/mcp\` is an MCP server (Streamable HTTP) with the tools \`chat_completion\`, \`run_prompt\`, \`get_run\`, \`list_models\` and \`list_connections\`: give its address to a program that takes MCP servers. It sends an API key in \`Authorization: Bearer\`, or logs in here by itself. \`https://HOST/mcp/{id}\` has the prompt of that run as its only tool, with the prompt’s name, description and inputs.

## When something is wrong {#trouble}

A caller that must show who they are and does not gets \`401 unauthorized\`: send an API key in \`Authorization: Bearer\`. An error is \`{"error": {"code", "message"}}\`. A document with an error is \`422 invalid_prompt\` with \`problems\`, each with \`code\`, \`message\`, \`line\` and \`column\`: mend that place and post again. \`429 rate_limited\` says in \`Retry-After\` when. A run that failed can be read like any other: the answer is \`200\`, and its \`status\` and \`error\` say why. With an \`Idempotency-Key\` header and a key of the API, the same request again is the same run.

# The format

## The document {#document}

A prompt is a Markdown file; \`Say hello.\` is one. Settings may stand before it as YAML between two lines \`---\`; the model never sees them. What is not known is a warning with the nearest name, what is wrong an error with its line.

\`\`\`markdown
---
model: openai/gpt-5
tools: /demo/mcp
max_steps: 8
input:
  schema: { topic: string }
  default: { topic: tides }
---

Read @https://example.com/notes.md and tell me what is new about {{topic}}.
\`\`\`

## Pages and files as context {#context}

\`@\` before a URL reads it and gives the model its text: HTML as Markdown, \`@url#heading\` one section. \`@/{id}\` is the answer of an earlier run of this server. A URL without \`@\` is just text, unless \`urls: all\` or \`urls: leading\` says otherwise.

## Tool servers {#tools}

The URL of an MCP server gives the model its tools: under \`tools\`, or in the text where it ends in \`/mcp\` or \`/sse\` or begins with \`mcp.\`. \`@/demo/mcp\` is built in: time, arithmetic, dice, words. A server that wants a login makes the run wait and gives its owner a link; then it goes on. \`require_approval: always\` makes every call wait for its owner.

\`\`\`markdown
---
tools:
  - server_url: https://mcp.example.com/mcp
    allowed_tools: [search, read_page]
    require_approval: always
    headers: { X-Key: "\${env:EXAMPLE_KEY}" }
  - type: openapi
    server_url: https://api.example.com/openapi.json
---
Find what changed this week.
\`\`\`

A secret is never written into a document but named, \`\${env:NAME}\`; this server's operator sets its value.

## Variables and templates {#variables}

\`input\` declares variables by name and type, with defaults; \`{{name}}\` prints one. \`{{#if x}}…{{else}}…{{/if}}\`, \`{{#each list}}{{this}}{{/each}}\` and \`{{json x}}\` are there too, and \`{{role "system"}}\` says who speaks from there on. A field \`name?\` may be left out, \`name(enum): [a, b]\` is one of these, \`name(array): string\` a list.

## Answers of a certain form {#output}

\`output: json\`, or \`output\` with a \`schema\` like that of \`input\`, makes the answer data that was checked; \`/{id}.txt\` is then the JSON alone. A code block whose fence names a path, such as \`\`\`\` \`\`\`js app.js \`\`\`\`, is a file at \`/{id}/files/app.js\`.

## Who sees it, and how long {#life}

\`publish: answer\` keeps prompt, arguments and results to the owner. \`ttl: 7d\` ends a run's life, \`store: false\` after a day. \`callback: https://…\` is told how the run ends. \`max_steps\`, \`max_tool_calls\`, \`max_total_tokens\` and \`timeout\` are limits. Editors complete settings when the first line of the YAML is \`# yaml-language-server: $schema=https://HOST/frontmatter.schema.json\`.
`;
export const DOCS_STYLE = `body{max-width:74rem}.lead{max-width:46rem;margin:0;color:var(--quiet)}.contents{display:block;margin:1.5rem 0 0;padding:.75rem 0;border-block:1px solid var(--line);font-size:.9rem}.contents ul{display:flex;flex-wrap:wrap;gap:.4rem 1.1rem;margin:0;padding:0;list-style:none}.contents ul ul{display:none}.article>.scroll:first-child{margin-top:2rem}.article{min-width:0;max-width:48rem}.piece,.operation,tr[id]{scroll-margin-top:1rem}.piece>h2,.piece.prose>h2{margin:2.75rem 0 .75rem;font-size:1.4rem;color:var(--ink);letter-spacing:-.015em;text-transform:none}.piece h2>a,.operation h3>a{color:inherit;text-decoration:none}.piece h2>a:hover,.operation h3>a:hover{text-decoration:underline}.piece.prose{font-size:1rem}.operation{margin-top:1.5rem;padding-top:1.25rem;border-top:1px solid var(--line)}.operation h3{margin:0 0 .25rem;font-size:1.05rem;letter-spacing:0;overflow-wrap:anywhere}.operation h3 code{padding:0;background:none;font-size:.95em}.operation .summary{margin-bottom:.75rem}.operation h4{margin:1.25rem 0 .5rem;font-size:.85rem;color:var(--quiet);letter-spacing:0}.method{color:var(--quiet);font-family:var(--mono);font-size:.8em;font-weight:600}.article table{min-width:min(100%,34rem);font-size:.9rem}.article th{color:var(--quiet);font-size:.8rem;font-weight:500}.article td:first-child{overflow-wrap:anywhere}.article td code{overflow-wrap:normal}.overview td:first-child{min-width:13rem}.overview a{text-decoration:none}.overview code{padding:0;background:none}.type,.required{color:var(--quiet);font-size:.85rem}.required{white-space:nowrap}.answers{display:block}.answers>div{display:grid;grid-template-columns:4rem minmax(0,1fr);padding:.4rem 0;border-bottom:1px solid var(--line);font-size:.9rem}.answers dt{color:var(--ink);font-family:var(--mono)}.answers .content{display:block;color:var(--quiet)}.answers .scroll{margin:.5rem 0 0}.headers{margin:.25rem 0 0;padding-left:1.1rem}.ways{display:flex;flex-wrap:wrap;align-items:baseline;gap:.5rem 1.25rem;margin:0}@media(min-width:60rem){.docs:has(.contents){display:grid;grid-template-columns:15rem minmax(0,1fr);gap:3rem}.contents{position:sticky;top:0;align-self:start;max-height:100vh;margin:0;padding:2.75rem 0 2rem;border:0;overflow-y:auto;scrollbar-width:thin}.contents ul,.contents ul ul{display:block}.contents li{margin:.15rem 0;overflow-wrap:anywhere}.contents>ul>li:has(ul){margin-bottom:.9rem}.contents>ul>li:has(ul)>a{color:var(--ink);font-weight:600}.contents ul ul{margin-top:.25rem}.contents a{color:var(--quiet);text-decoration:none}.contents a:hover{color:var(--link);text-decoration:underline}}@media print{.contents{display:none}}`;
export const DOCS_STYLE_HASH = 'd65f9e5352f8c496';
export const PROMPTS = {
  dice: `---
title: Roll for initiative
description: A variable with a default, and tools of a server to do what a model cannot.
tools: /demo/mcp
input:
  schema:
    players: integer, how many players sit at the table
  default:
    players: 4
max_steps: 5
---

Roll {{players}} dice with 20 sides, one for each player.
List the results from highest to lowest and say who begins.
`,
  extract: `---
title: Facts from a note
output:
  schema:
    sender: string, who wrote the note
    due?: string, the day on which it is due as YYYY-MM-DD
    urgency(enum, how soon it matters): [low, normal, high]
    amounts(array, every sum of money in the note):
      value: number
      currency: string
store: false
---

Take the facts out of this note:

> Hi, it is Maya from the print shop. The posters are ready, 240 euros as agreed, plus 15 for the
> tubes. Please pick them up before Friday, we are closed next week.
`,
  hello: `Say hello.
`,
  invitations: `---
title: Invitations
description: One text for every guest, from a list.
input:
  schema:
    event: string, what is celebrated
    formal: boolean, whether to be formal
    guests(array, who is invited):
      name: string
      note?: string, what to mention
  default:
    event: the summer party
    formal: false
    guests:
      - name: Ada
        note: brings the cake
      - name: Linus
---

Write {{#if formal}}a formal{{else}}a warm and short{{/if}} invitation to {{event}} for each of these guests:

{{#each guests}}
* {{name}}{{#if note}} (who {{note}}){{/if}}
{{/each}}

Two sentences for each, and no two alike.
`,
  'meeting-slot': `---
title: Find a meeting time
tools: /demo/mcp
allowed_tools: [time_in_zone]
store: false
max_tool_calls: 6
---

Our team sits in Berlin, New York and Singapore. What time is it now in each of these places
("Europe/Berlin", "America/New_York", "Asia/Singapore"), and is this a good moment for a call?
`,
  'release-notes': `---
title: Release notes
description: Turns a list of commits into release notes for users.
system: You write release notes. You never invent a change that is not in the list.
input:
  schema:
    version: string, the version being released
    commits: string, one commit subject in each line
  default:
    version: "0.1.0"
    commits: |
      feat(parse): references in prose
      fix(worker): a stalled reader is dropped after a minute
      chore: update the lock file
temperature: 0.2
---

Write the release notes of version {{version}} from these commits:

\`\`\`
{{commits}}
\`\`\`

Group them under *New*, *Fixed* and *Changed*. Leave out chores. Write for people who use the
program, not for people who wrote it.
`,
  'small-site': `---
title: A page in two files
description: Code blocks of the answer that name a path become files with addresses of their own.
input:
  schema:
    subject: string, what the page is about
  default:
    subject: the tides
max_tokens: 1200
---

Make a small web page about {{subject}}: one file of HTML and one stylesheet, without any script.

Give each file as a fenced code block whose first line names its path, as in \`html path=index.html\`
and \`css path=style.css\`. Say nothing after the last block.
`,
  summarize: `---
title: Summarize a page
urls:
  policy: mentions
  max_urls: 3
  on_error: note
max_tokens: 400
input:
  schema:
    audience: string, who will read the summary
  default:
    audience: a busy colleague
---

Read @https://www.rfc-editor.org/rfc/rfc9110.txt and write a summary for {{audience}}:

1. What it is about, in one sentence.
2. The three points that matter most.
3. What is left open.

Quote nothing longer than ten words.
`,
  tweet: `@/demo/mcp

What time is it in Tokyo right now, and what is 17 * 23?
`,
  'word-count': `---
title: Count the words
description: Counts the words of a text exactly, with a tool instead of a guess.
tools:
  - type: mcp
    server_url: /demo/mcp
    server_label: demo
    allowed_tools: [count_words]
input:
  schema:
    text: string, the text to count
  default:
    text: "A prompt is a Markdown document."
temperature: 0
---

How many words does this text have? "{{text}}"
`,
};
