// Renders the questions as Rancher's Kubewarden extension does, for a policy with these settings
// (`window.given`), and tells what they yield: `window.settings()`.

import '@shell/assets/styles/app.scss';
import 'floating-vue/dist/style.css';
import words from '@shell/assets/translations/en-us.yaml?raw';

import FloatingVue from 'floating-vue';
import jsyaml from 'js-yaml';
import { createApp, h, reactive } from 'vue';
import VueSelect from 'vue-select';
import { createStore } from 'vuex';

import Form from '#form';
import { get } from '@shell/utils/object';

const translations = jsyaml.load(words);
const translate = (key) => get(translations, key) ?? key;

const { questions } = await (await fetch('/questions.json')).json();
// What the extension hands its form: the policy that is being made, and the chart's questions.
const source = reactive({ policy: { spec: { settings: window.given ?? {} } }, questions: { questions } });

// What the extension saves: values that were not filled in are left out, but for those inside lists.
function withoutBlanks(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return value;
  }
  const filledIn = Object.entries(value)
    .map(([key, inner]) => [key, withoutBlanks(inner)])
    .filter(([, inner]) => inner !== undefined && inner !== null && inner !== ''
      && !(typeof inner === 'object' && Object.keys(inner).length === 0));

  return Object.fromEntries(filledIn);
}

window.settings = () => withoutBlanks(JSON.parse(JSON.stringify(source.policy.spec.settings)));

const form = createApp({
  render: () => h(Form, {
    mode: 'create', source, tabbed: 'never', targetNamespace: 'default', value: source.policy.spec.settings,
  }),
});

form.use(createStore({
  getters: {
    'i18n/t':            () => translate,
    'i18n/withFallback': () => (key, values, fallback) => fallback,
  },
}));
form.use(FloatingVue);
form.component('VSelect', VueSelect);
form.directive('clean-tooltip', FloatingVue.VTooltip ?? {});
form.directive('clean-html', (element, { value }) => {
  element.textContent = value;
});
form.directive('stripped-aria-label', (element, { value }) => element.setAttribute('aria-label', value));
form.config.globalProperties.t = translate;
form.mount('#form');
