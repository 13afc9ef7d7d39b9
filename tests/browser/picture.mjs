// Makes the README's picture from the real demo: Alice's manager, her link, Bob's acceptor on a phone.
//   node browser/picture.mjs   writes www/demo.webp
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../support/chromium.mjs';
import { signIn, startServer } from '../support/server.mjs';

const TARGET = fileURLToPath(new URL('../../www/demo.webp', import.meta.url));
const WIDTH = 1600;
const HEIGHT = 1080;
const LIMIT = 200_000;

// The address a reader of the README will see, unless something else has it.
const server = await startServer({ listen: '127.0.0.1:7007' }).catch(() => startServer());
const browser = await launchChromium();

async function person(username, options) {
  const context = await browser.newContext({ baseURL: server.url, deviceScaleFactor: 2, ...options });
  const { cookie } = await signIn(server.url, username);
  await context.addCookies([{ name: 'session', value: cookie.slice('session='.length), url: server.url }]);
  return context.newPage();
}

async function create(page, permissions, people) {
  const manager = page.locator('invite-manager');
  await manager.getByRole('radio', { name: permissions, exact: true }).check();
  await manager.getByLabel('How many people?').fill(people ?? '');
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  const field = manager.getByLabel('Invite link', { exact: true });
  await field.waitFor();
  await manager.getByRole('button', { name: 'Create invite link' }).waitFor();
  return field.inputValue();
}

async function accept(page, link) {
  await page.goto(link);
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByRole('heading', { name: /^You are in/ }).waitFor();
}

try {
  const alice = await person('alice', { viewport: { width: 1060, height: 960 } });
  await alice.goto('/?resource=notes');
  const manager = alice.locator('invite-manager');
  const reading = await create(alice, 'Read', '5');
  const bob = await person('bob', { viewport: { width: 400, height: 752 }, colorScheme: 'dark' });
  await accept(await person('carol'), reading);
  await accept(await person('erin'), reading);
  const link = await create(alice, 'Read and write');
  await manager.getByText(/^(Carol and Erin|Erin and Carol) joined$/).waitFor();
  await alice.evaluate(() => document.activeElement?.blur());
  await alice.mouse.move(0, 0);
  await bob.goto(link);
  await bob.getByRole('button', { name: 'Accept' }).waitFor();

  const [wide, narrow] = await Promise.all([alice, bob].map(async (page) => `data:image/png;base64,${(await page.screenshot()).toString('base64')}`));
  const [address, fragment] = link.split('#');
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
  await page.setContent(`<!doctype html><style>
    body { margin: 0; width: ${WIDTH}px; height: ${HEIGHT}px; position: relative; overflow: hidden; background: #0b5d4b;
      font: 600 21px/1 "Liberation Sans", Arial, sans-serif; }
    figure { position: absolute; margin: 0; overflow: hidden; box-shadow: 0 30px 70px rgb(0 0 0 / .38); }
    img { display: block; width: 100%; }
    .alice { left: 48px; top: 60px; width: 1060px; border-radius: 16px; }
    .bob { right: 48px; bottom: 60px; width: 400px; border-radius: 34px; border: 10px solid #0a0b0d; }
    .link { position: absolute; right: 48px; top: 60px; width: 420px; box-sizing: border-box; padding: 20px 26px; border-radius: 18px; background: #f3d58b; color: #2b2205;
      font: 600 20px/1.4 "Liberation Mono", monospace; box-shadow: 0 16px 40px rgb(0 0 0 / .35); }
    .arrow { position: absolute; right: 228px; top: 164px; width: 60px; height: 62px; fill: none; stroke: #f3d58b; stroke-width: 5; stroke-linecap: round; stroke-linejoin: round; }
  </style>
  <figure class="alice"><img id="alice"></figure>
  <figure class="bob"><img id="bob"></figure>
  <div class="link"></div>
  <svg class="arrow" viewBox="0 0 60 62"><path d="M30 6v46M14 38l16 16 16-16"/></svg>`);
  await page.evaluate(async ([a, b, lines]) => {
    document.querySelector('.link').innerText = lines;
    for (const [id, source] of [['alice', a], ['bob', b]]) {
      const image = document.getElementById(id);
      image.src = source;
      await image.decode();
    }
  }, [wide, narrow, `${address}\n#${fragment.slice(0, 23)}…`]);
  const png = await page.screenshot();
  // Chromium is the only image encoder at hand.
  const webp = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.9).split(',')[1];
  }, `data:image/png;base64,${png.toString('base64')}`);
  const bytes = Buffer.from(webp, 'base64');
  if (bytes.length > LIMIT) throw new Error(`The picture has ${bytes.length} bytes, more than ${LIMIT}.`);
  await writeFile(TARGET, bytes);
  console.log(`${TARGET}: ${WIDTH} × ${HEIGHT}, ${bytes.length} bytes`);
} finally {
  await browser.close();
  await server.stop();
}
