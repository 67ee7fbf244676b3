// The page in a headless Chromium, and how a user fills it in.

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import jsyaml from 'js-yaml';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const TYPES = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };

/** The form of these questions in a browser. */
export async function open(questionsFile) {
  await build({ configFile: path.join(here, 'vite.config.js'), logLevel: 'error' });
  const questions = JSON.stringify(jsyaml.load(await readFile(questionsFile, 'utf8')));
  const server = await serve(path.join(here, 'dist'), { '/questions.json': questions });
  const browser = await chromium.launch({ args: ['--no-sandbox'], executablePath: program() });

  return {
    async form(given = {}) {
      const page = await browser.newPage({ viewport: { width: 1080, height: 800 } });
      const faults = [];

      page.on('pageerror', (error) => faults.push(error.message));
      page.setDefaultTimeout(5_000);
      await page.addInitScript(`window.given = ${ JSON.stringify(given) }`);
      await page.goto(`http://127.0.0.1:${ server.address().port }/`);
      await page.getByText('Images that match no entry', { exact: true }).waitFor();

      return new Form(page, faults);
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

function program() {
  return process.env.CHROMIUM || execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
}

function serve(folder, texts) {
  const server = createServer(async({ url }, response) => {
    const file = url === '/' ? '/index.html' : url.replace(/\?.*/, '');

    try {
      const body = texts[file] ?? await readFile(path.join(folder, path.normalize(file)));

      response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });

  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

class Form {
  constructor(page, faults) {
    this.page = page;
    this.faults = faults;
    this.fields = new Fields(page.locator('body'), page);
  }

  /** Adds an entry to the list of that title. */
  async add(title) {
    const list = this.page.locator(`div:has(> h3:text-is("${ title }")):has(> button.add)`);
    const count = await list.locator('> div').count();

    await list.locator('> button.add').click();

    return new Fields(list.locator('> div').nth(count), this.page);
  }

  /** What the form yields, once everything that was typed has arrived there. */
  async settings() {
    await this.page.waitForTimeout(700);
    if (this.faults.length) {
      throw new Error(this.faults.join('\n'));
    }

    return this.page.evaluate(() => window.settings());
  }

  async picture(file) {
    await this.page.locator('body').click({ position: { x: 1, y: 1 } });
    await this.page.screenshot({ path: file, fullPage: true });
  }
}

class Fields {
  constructor(place, page) {
    this.place = place;
    this.page = page;
  }

  async text(label, value) {
    await this.place.locator('.labeled-input', { hasText: label }).locator('input').fill(value);
  }

  async choose(label, option) {
    await this.place.locator('.labeled-select', { hasText: label }).click();
    await this.page.locator('.vs__dropdown-option', { hasText: option }).click();
  }

  async toggle(label) {
    await this.place.locator('.checkbox-container', { hasText: label }).click();
  }

  async list(title, values) {
    const list = this.place.locator(`.array-list-main-container[aria-label="${ title }"]`);

    for (const value of values) {
      const rows = list.locator('.box');
      const count = await rows.count();

      await list.locator('.footer button').click();
      await rows.nth(count).locator('input, textarea').fill(value);
      // The list hands on what is typed when it has rested for a moment.
      await this.page.waitForTimeout(100);
    }
  }

  async map(title, entries) {
    for (const [index, [key, value]] of Object.entries(entries).entries()) {
      const map = this.place.locator('.key-value', { hasText: title });

      await map.getByTestId('add_row_item_button').click();
      await map.getByTestId(`input-kv-item-key-${ index }`).fill(key);
      await map.getByTestId(`kv-item-value-${ index }`).locator('input, textarea').fill(value);
    }
  }
}
