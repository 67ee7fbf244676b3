// Bundles the page with the components of the Rancher dashboard (npm: `@rancher/shell`).
//
// Which form? `form/Form.vue`, which follows the question types; with KUBEWARDEN_UI=<a checkout of
// rancher/kubewarden-ui>, the extension's own.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');
const shell = path.join(modules, '@rancher/shell');
const checkout = process.env.KUBEWARDEN_UI && path.join(process.env.KUBEWARDEN_UI, 'pkg/kubewarden');

if (checkout && !existsSync(checkout)) {
  throw new Error(`there is no ${ checkout }: KUBEWARDEN_UI is a checkout of rancher/kubewarden-ui`);
}

// What the form's questions never show, and would bring the whole dashboard along.
const standIns = {
  'Nothing.vue': [
    'components/CodeMirror', 'components/Questions/CloudCredential', 'components/Questions/Reference',
    'components/Tabbed/Tab', 'components/YamlEditor',
  ],
  'download.js': ['utils/download'],
  'yaml.js':     ['utils/create-yaml'],
};

const alias = Object.entries(standIns).flatMap(([file, replaced]) => replaced.map((name) => (
  { find: `@shell/${ name }`, replacement: path.join(here, 'stand-ins', file) }
)));

alias.push(
  { find: '#form', replacement: checkout ? `${ checkout }/components/Questions/index.vue` : path.join(here, 'form/Form.vue') },
  { find: /^~@rancher\//, replacement: `${ modules }/@rancher/` },
  { find: /^(~@?|@)shell\//, replacement: `${ shell }/` },
  { find: '@components', replacement: path.join(shell, 'rancher-components') },
  { find: /^buffer$/, replacement: path.join(modules, 'buffer/index.js') },
);

// A checkout has no packages of its own.
const packages = {
  name:    'packages',
  enforce: 'pre',
  async resolveId(name, importer) {
    const isForeign = checkout && importer?.startsWith(checkout) && /^[a-z]/.test(name);

    return isForeign ? this.resolve(name, path.join(here, 'page.js'), { skipSelf: true }) : null;
  },
};

const base = ['variables', 'functions', 'mixins'].map((file) => `@import "${ shell }/assets/styles/base/_${ file }.scss";`);

export default defineConfig({
  root:    here,
  plugins: [packages, vue()],
  define:  { 'process.env': {} },
  resolve: { extensions: ['.mjs', '.js', '.ts', '.vue', '.json'], alias },
  css:     {
    preprocessorOptions: {
      scss: {
        additionalData: (source, file) => (
          file.includes('/assets/styles/') ? source : `@use "sass:math";\n${ base.join('\n') }\n${ source }`
        ),
        quietDeps:           true,
        silenceDeprecations: ['abs-percent', 'color-functions', 'global-builtin', 'if-function', 'import', 'slash-div'],
        loadPaths:           [modules],
      },
    },
  },
  build: { minify: false, target: 'esnext', chunkSizeWarningLimit: 4000 },
});
