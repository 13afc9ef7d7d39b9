// Kills the server under the page's calls: what was promised still holds, and no call is left hanging.
import assert from 'node:assert/strict';

const ALLOWED = {
  create: ['answered', 'offline', 'unknown_outcome'], get: ['answered', 'offline', 'timeout'], check: ['answered', 'offline', 'timeout'],
  accept: ['answered', 'offline', 'timeout'], remove: ['answered', 'offline', 'unknown_outcome', 'cannot_remove'],
};
const DEADLINE = 4000;

async function open(browser, scene) {
  const server = await scene.start();
  const page = await browser.newPage();
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(error.message));
  await page.goto(`${server.url}${scene.page}?only=nothing`);
  await page.waitForFunction(() => window.conformance?.done);
  return { server, page, trouble };
}

/** Runs in the page: two connections, one of each dialect, and a way to start calls of every sort on them. */
async function prepare({ deadline }) {
  const [{ World }, sdk] = [await import('/site/conformance/world.js'), await import('/sdk/index.js')];
  const world = new World(location.origin);
  await world.setMember('killed', 'alice', 'arw');
  const resource = 'killed';
  const keys = {
    webstrates: (await world.createWebstrates('alice', resource, {})).key, http: (await world.createOpaque('alice', resource, {})).key,
  };
  const state = { outcomes: [], created: [], under: 0, stop: false };
  window.state = state;
  state.connections = {};
  for (const dialect of ['webstrates', 'http']) {
    state.connections[dialect] = sdk.connect({
      server: location.origin, dialect, resource, auth: await world.auth('alice', dialect, resource), timeout: deadline,
    });
    await state.connections[dialect].get();
  }
  const gone = { webstrates: '0'.repeat(64), http: keys.http };
  state.call = (dialect, sort) => {
    const invites = state.connections[dialect];
    const argument = { create: { permissions: 'r' }, get: undefined, remove: gone.webstrates }[sort] ?? keys[dialect];
    const begun = performance.now();
    state.under += 1;
    const settled = (code) => {
      state.under -= 1;
      state.outcomes.push({ dialect, sort, code, took: Math.round(performance.now() - begun) });
    };
    const promise = sort === 'get' ? invites.get() : invites[sort](argument);
    return promise.then((answer) => {
      if (sort === 'create') state.created.push(answer.key);
      settled('answered');
    }, (error) => settled(sdk.isInviteError(error) ? error.code : `${error}`));
  };
}

function judge(outcomes) {
  const counts = {};
  for (const { dialect, sort, code, took } of outcomes) {
    assert.ok(ALLOWED[sort].includes(code), `${dialect} ${sort} ended with ${code}`);
    assert.ok(took <= DEADLINE + 1000, `${dialect} ${sort} took ${took} ms`);
    const name = `${dialect} ${sort} ${code}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Stopped first, so that every call is under way, then killed. */
export async function killed(browser, scene) {
  const { server, page, trouble } = await open(browser, scene);
  try {
    await page.evaluate(prepare, { deadline: DEADLINE });
    process.kill(server.pid, 'SIGSTOP');
    await page.evaluate(() => {
      const sorts = ['create', 'get', 'check', 'accept', 'remove'];
      window.calls = Object.keys(window.state.connections)
        .flatMap((dialect) => Array.from({ length: 100 }, (_, index) => window.state.call(dialect, sorts[index % 5])));
      return new Promise((resolve) => { setTimeout(resolve); });
    });
    assert.equal(await page.evaluate(() => window.state.under), 200, 'calls under way');
    await server.kill();
    const outcomes = await page.evaluate(() => Promise.all(window.calls).then(() => window.state.outcomes));
    assert.equal(outcomes.length, 200);
    const counts = judge(outcomes);
    const lost = outcomes.filter(({ dialect, sort, code }) => dialect === 'webstrates' && sort === 'create' && code === 'unknown_outcome');
    assert.equal(lost.length, 20, `creates that went out and were never answered: ${JSON.stringify(counts)}`);
    // After the end of its server a page still gets its answer. A fetch that fails cannot tell whether it went out.
    await page.evaluate(() => Promise.all(['webstrates', 'http'].map((dialect) => window.state.call(dialect, 'create'))));
    const last = await page.evaluate(() => window.state.outcomes.slice(-2));
    assert.equal(last.find(({ dialect }) => dialect === 'webstrates').code, 'offline');
    judge(last);
    assert.deepEqual(trouble, []);
    return `${JSON.stringify(counts)}, the last after ${Math.max(...outcomes.map(({ took }) => took))} ms`;
  } finally {
    await server.kill();
    await page.close();
    scene.remove();
  }
}

/** Killed while it works, three times over; started again over the same files each time. */
export async function restarted(browser, scene) {
  let { server, page, trouble } = await open(browser, scene);
  let promised = 0;
  const counts = [];
  try {
    await page.evaluate(prepare, { deadline: DEADLINE });
    for (let round = 1; round <= 3; round += 1) {
      const busy = page.evaluate(() => {
        const sorts = ['create', 'get', 'check', 'create', 'accept', 'create', 'remove'];
        const { state } = window;
        state.outcomes = [];
        state.stop = false;
        const worker = async (dialect, index) => {
          for (let count = index; !state.stop; count += 1) await state.call(dialect, sorts[count % sorts.length]);
        };
        const workers = Object.keys(state.connections).flatMap((dialect) => Array.from({ length: 6 }, (_, index) => worker(dialect, index)));
        return Promise.all(workers).then(() => state.outcomes);
      });
      const enough = 40 * round;
      await page.waitForFunction((enough) => window.state.created.length >= enough, enough);
      await server.kill();
      await page.evaluate(() => { window.state.stop = true; });
      counts.push(judge(await busy));
      server = await scene.start({ listen: new URL(server.url).host });
      const missing = await page.evaluate(async () => {
        const listed = new Set();
        for (const invites of Object.values(window.state.connections)) for (const { key } of await invites.get()) listed.add(key);
        return window.state.created.filter((key) => !listed.has(key)).length;
      });
      assert.equal(missing, 0, 'acknowledged invites that are gone');
      promised = await page.evaluate(() => window.state.created.length);
    }
    assert.deepEqual(trouble, []);
    return `${promised} acknowledged creates over three kills, none lost; ${JSON.stringify(counts)}`;
  } finally {
    await server.kill();
    await page.close();
    scene.remove();
  }
}
