// The page: runs the table and the groups, shows them, and leaves the report on window.conformance.
const AT_ONCE = 8;
const LONGEST = 30_000;
const query = new URLSearchParams(location.search);
const here = new URL('.', import.meta.url);
const secrets = new Set();

/** The report. `secrets()` is for the test that looks for keys where none may be; it is no part of the JSON. */
const report = {
  done: false, server: query.get('server') ?? location.origin, passed: 0, failed: 0, skipped: 0, milliseconds: 0, results: [],
};
Object.defineProperty(report, 'secrets', { value: () => [...secrets] });
window.conformance = report;

const started = performance.now();
main().catch((error) => add({ part: 'page', name: 'the page itself', ok: false, detail: String(error?.stack ?? error) }))
  .finally(finish);

// Everything is imported from here, so that what does not load is in the report, too.
async function main() {
  const [{ groups }, { runRow }, { World }] = await Promise.all([import('./groups/index.js'), import('./rows.js'), import('./world.js')]);
  const sdk = await import(query.get('sdk') ?? '/sdk/index.js');
  const rows = await (await fetch(new URL('cases.json', here))).json();
  const lines = await (await fetch(new URL('webstrates-1.8.jsonl', here))).text();
  const fixtures = new Map(lines.trim().split('\n').map((line) => JSON.parse(line)).map((fixture) => [fixture.case, fixture]));
  const run = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  const context = { world: new World(report.server), sdk, fixtures, run, runRow, keep: (key) => secrets.add(key) };
  const only = query.get('only');
  await runTable(rows.filter(({ row }) => !only || row.includes(only)), context);
  for (const group of groups.filter(({ name }) => !only || name.includes(only))) await runGroup(group, context);
}

async function runTable(rows, context) {
  const results = new Array(rows.length);
  let next = 0;
  async function worker() {
    while (next < rows.length) {
      const index = next;
      next += 1;
      results[index] = await runOne(rows[index], context);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  results.forEach(add);
}

async function runOne(row, context) {
  const about = { part: 'table', name: row.row, dialect: row.dialect, call: row.call, as: row.as };
  if (row.runs && !row.runs.includes('page')) return { ...about, skipped: true };
  const begun = performance.now();
  const { error } = await inTime(context.runRow(row, context).then(({ names, error }) => {
    names.secrets().forEach(context.keep);
    return { error };
  }));
  return { ...about, ok: error === undefined, detail: error, milliseconds: Math.round(performance.now() - begun) };
}

async function runGroup({ name: part, tests }, context) {
  for (const [name, test] of Object.entries(tests)) {
    const begun = performance.now();
    const { error, measured } = await inTime(test(context).then((measured) => ({ measured }), (error) => ({ error: error?.message ?? String(error) })));
    add({ part, name, ok: error === undefined, detail: error ?? measured, milliseconds: Math.round(performance.now() - begun) });
  }
}

async function inTime(work) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(() => resolve({ error: `not done in ${LONGEST / 1000} s` }), LONGEST); });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function add(result) {
  report.results.push(result);
  if (result.skipped) report.skipped += 1;
  else if (result.ok) report.passed += 1;
  else report.failed += 1;
  const line = document.createElement('tr');
  const outcome = result.skipped ? 'native only' : result.ok ? 'ok' : 'FAILED';
  line.className = result.skipped ? 'skipped' : result.ok ? 'ok' : 'failed';
  for (const text of [result.part, result.name, outcome, result.milliseconds ?? '', result.detail ?? '']) {
    line.append(Object.assign(document.createElement('td'), { textContent: text }));
  }
  document.querySelector('tbody').append(line);
}

function finish() {
  report.milliseconds = Math.round(performance.now() - started);
  report.done = true;
  const { passed, failed, skipped, milliseconds } = report;
  document.querySelector('#summary').textContent =
    `${failed ? 'FAILED' : 'Passed'}: ${passed} passed, ${failed} failed, ${skipped} run natively only, ${milliseconds} ms`;
  document.dispatchEvent(new CustomEvent('conformance', { detail: report }));
}
