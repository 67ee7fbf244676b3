import jsyaml from 'js-yaml';

export const saferDump = (value) => jsyaml.dump(value);
