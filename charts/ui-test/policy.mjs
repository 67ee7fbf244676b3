// Puts the settings that the form yields to the module: `signed-images run`.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
export const DIGEST = `sha256:${ 'a'.repeat(64) }`;

const COMMAND = process.env.SIGNED_IMAGES ?? path.join(root, 'target/debug/signed-images');
const MODULE = process.env.MODULE ?? path.join(root, 'annotated-policy.wasm');

export const fixture = (file) => readFileSync(path.join(root, 'tests/fixtures', file), 'utf8');

/** The signature is there, of what has that digest. */
export const trusted = (question, digest = DIGEST) => exchange(question, success({ is_trusted: true, digest }));

export const success = (payload) => ({ type: 'Success', payload: JSON.stringify(payload) });

/** Nobody of these has signed. */
export const missing = (question) => exchange(question, {
  type: 'Error', message: 'Image verification failed: missing signatures\nThe following constraints were not satisfied:\n- kind: pubKey',
});

// of an image that an identity signed, the manifest of the signatures: there is none
export const noSignatureTag = (image) => exchange(
  ['OciManifest', { image: `${ image.split(/[:@]/)[0] }:${ DIGEST.replace(':', '-') }.sig` }],
  { type: 'Error', message: 'Fail to interact with OCI registry: Image manifest not found: manifest unknown' },
);

export const exchange = ([type, fields], response) => (
  { type: 'Exchange', request: `!${ type }\n${ JSON.stringify(fields) }\n`, response }
);

export const POD = { group: '', version: 'v1', kind: 'Pod' };
export const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };

/** The answer about an object of that kind with that image, when the host says what is in `session`. */
export function review(settings, kind, image, session) {
  const pod = { containers: [{ name: 'app', image }] };
  const request = {
    uid:       'u',
    kind,
    resource:  { group: kind.group, version: kind.version, resource: `${ kind.kind.toLowerCase() }s` },
    operation: 'CREATE',
    userInfo:  { username: 'user' },
    object:    { metadata: { name: 'app' }, spec: kind === POD ? pod : { template: { spec: pod } } },
  };

  return run(settings, { request, session });
}

/** Why the settings are not valid. */
export function fault(settings) {
  try {
    review(settings, POD, 'nginx', []);
  } catch (error) {
    return error.message;
  }
  throw new Error(`these settings are valid: ${ JSON.stringify(settings) }`);
}

function run(settings, files) {
  const folder = mkdtempSync(path.join(tmpdir(), 'form-'));
  const write = (name, value) => {
    writeFileSync(path.join(folder, name), JSON.stringify(value));

    return path.join(folder, name);
  };

  try {
    const output = execFileSync(COMMAND, [
      'run', '-r', write('request.json', files.request), '-s', write('settings.json', settings),
      '--replay-host-capabilities-interactions', write('session.yml', files.session), MODULE,
    ], { encoding: 'utf8', stdio: 'pipe', timeout: 60_000 });

    return JSON.parse(output);
  } catch (error) {
    throw new Error(error.stderr || error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The images that the answer writes, by their paths. */
export function pinned(answer) {
  const patch = answer.patch ? JSON.parse(Buffer.from(answer.patch, 'base64').toString()) : [];

  return Object.fromEntries(patch.map(({ path, value }) => [path, value]));
}
