// The form, filled in as users do, and what the policy makes of the settings that it yields.
//
// PICTURES=<folder> keeps pictures of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import path from 'node:path';

import { open } from './browser.mjs';
import {
  DEPLOYMENT, DIGEST, POD, exchange, fault, fixture, missing, noSignatureTag, pinned, review, root, success, trusted,
} from './policy.mjs';

const IMAGE = 'ghcr.io/acme/app:1';
const UNTOUCHED = { unmatchedImages: 'accept', modifyImagesWithDigest: true, pinWorkloadTemplates: true };
const CONTAINER = '/spec/containers/0/image';

let browser;

before(async() => {
  browser = await open(path.join(root, 'questions-ui.yml'));
}, { timeout: 120_000 });
after(() => browser?.close());

const scenario = (name, body) => test(name, { timeout: 60_000 }, body);
const picture = async(form, name) => {
  if (process.env.PICTURES) {
    await form.picture(path.join(process.env.PICTURES, `rancher-${ name }.png`));
  }
};

scenario('the form as it is yields its defaults, which the policy refuses: they check nothing', async() => {
  const form = await browser.form();

  await picture(form, 'form');
  const settings = await form.settings();

  assert.deepEqual(settings, UNTOUCHED);
  assert.match(fault(settings), /these settings check nothing: name the images and their signers/);
});

scenario('what the form does not know stays as it is', async() => {
  const given = {
    unmatchedImages: 'warn', exempt: ['registry.k8s.io/pause'], githubActions: [{ images: ['*'], owner: 'acme', enforcement: 'warn' }],
  };
  const form = await browser.form(given);

  await form.fields.choose('Images that match no entry', 'reject');
  await (await form.add('GitHub Actions')).text('User or organisation', 'other');

  assert.deepEqual(await form.settings(), {
    ...UNTOUCHED,
    unmatchedImages: 'reject',
    exempt:          given.exempt,
    githubActions:   [
      { ...given.githubActions[0], name: '', require: 'all' },
      { name: '', images: [], owner: 'other', repos: [], require: 'all' },
    ],
  });
});

scenario('rejecting everything else needs no entry', async() => {
  const form = await browser.form();

  await form.fields.choose('Images that match no entry', 'reject');
  const settings = await form.settings();

  assert.deepEqual(settings, { ...UNTOUCHED, unmatchedImages: 'reject' });
  const answer = review(settings, POD, IMAGE, []);

  assert.equal(answer.allowed, false);
  assert.match(answer.status.message, /matches no rule/);
});

scenario('an entry that was added and not filled in changes nothing', async() => {
  const form = await browser.form();

  for (const list of ['Public keys', 'Keyless identities', 'Keyless identities below a URL', 'GitHub Actions', 'Certificates']) {
    await form.add(list);
  }
  const entry = await form.add('Public keys');

  await entry.list('Images', ['']);
  await entry.list('Keys', ['']);
  const settings = await form.settings();

  assert.equal(settings.publicKeys.length, 2);
  assert.match(fault(settings), /these settings check nothing/);
  const answer = review({ ...settings, unmatchedImages: 'warn' }, POD, IMAGE, []);

  assert.equal(answer.allowed, true);
});

scenario('an entry without images, and one without signers, are refused with their place', async() => {
  const form = await browser.form();

  await (await form.add('Keyless identities')).list('Subjects', ['release@acme.com']);
  await (await form.add('GitHub Actions')).list('Images', ['ghcr.io/acme/**']);
  const message = fault(await form.settings());

  assert.match(message, /keylessIdentities\[0\]: `images` is missing/);
  assert.match(message, /githubActions\[0\]: `owner` is missing/);
});

scenario('one of two public keys is enough, and images are pinned', async() => {
  const keys = [fixture('keys/p256.pem'), fixture('keys/p256-second.pem')];
  const form = await browser.form();
  const entry = await form.add('Public keys');

  await entry.text('Name of this entry', 'acme');
  await entry.list('Images', ['ghcr.io/acme/**']);
  await entry.list('Keys', keys);
  await entry.choose('Who must have signed', 'any');
  await picture(form, 'public-keys');
  await entry.list('Images', ['']);
  await entry.map('Annotations', { env: 'prod' });
  const settings = await form.settings();

  assert.deepEqual(settings, {
    ...UNTOUCHED,
    publicKeys: [{ name: 'acme', images: ['ghcr.io/acme/**', ''], keys, require: 'any', annotations: { env: 'prod' } }],
  });
  const [first, second] = keys.map((key) => ['SigstorePubKeyVerify', { image: IMAGE, pub_keys: [key], annotations: { env: 'prod' } }]);
  const accepted = review(settings, POD, IMAGE, [missing(first), trusted(second)]);

  assert.equal(accepted.allowed, true);
  assert.deepEqual(pinned(accepted), { [CONTAINER]: `${ IMAGE }@${ DIGEST }` });
  const refused = review(settings, POD, IMAGE, [missing(first), missing(second)]);

  assert.equal(refused.allowed, false);
  assert.match(refused.status.message, /rule `acme`: signed, but not by enough of the signers: 0 of 1 signed/);
});

scenario('GitHub Actions and a URL, and nothing else', async() => {
  const form = await browser.form();

  await form.fields.choose('Images that match no entry', 'reject');
  const github = await form.add('GitHub Actions');

  await github.list('Images', ['ghcr.io/acme/**']);
  await github.text('User or organisation', 'acme');
  await github.list('Repositories', ['app', 'lib']);
  await github.choose('Who must have signed', 'any');
  const url = await form.add('Keyless identities below a URL');

  await url.list('Images', ['registry.gitlab.com/acme/**']);
  await url.text('OIDC issuer', 'https://gitlab.com');
  await url.list('URLs', ['https://gitlab.com/acme']);
  await picture(form, 'github-actions');
  const settings = await form.settings();

  assert.deepEqual(settings, {
    ...UNTOUCHED,
    unmatchedImages: 'reject',
    keylessPrefixes: [{
      name: '', images: ['registry.gitlab.com/acme/**'], issuer: 'https://gitlab.com', urlPrefixes: ['https://gitlab.com/acme'], require: 'all',
    }],
    githubActions: [{ name: '', images: ['ghcr.io/acme/**'], owner: 'acme', repos: ['app', 'lib'], require: 'any' }],
  });
  const question = (repo) => ['SigstoreGithubActionsVerify', { image: IMAGE, owner: 'acme', repo, annotations: null }];

  assert.equal(review(settings, POD, IMAGE, [missing(question('app')), trusted(question('lib')), noSignatureTag(IMAGE)]).allowed, true);
  assert.equal(review(settings, POD, IMAGE, [missing(question('app')), missing(question('lib'))]).allowed, false);
  const image = 'registry.gitlab.com/acme/shop/cart:2';
  const below = [{ issuer: 'https://gitlab.com', url_prefix: 'https://gitlab.com/acme/' }];
  const prefix = ['SigstoreKeylessPrefixVerify', { image, keyless_prefix: below, annotations: null }];

  assert.equal(review(settings, POD, image, [trusted(prefix), noSignatureTag(image)]).allowed, true);
  assert.equal(review(settings, POD, image, [missing(prefix)]).allowed, false);
  assert.match(review(settings, POD, 'nginx', []).status.message, /matches no rule/);
});

scenario('a certificate with its chain and an identity, and templates as they are', async() => {
  const [certificate, ...chain] = ['signer', 'intermediate', 'root'].map((name) => fixture(`certificates/${ name }.pem`));
  const form = await browser.form();

  await form.fields.toggle('Pin in the templates');
  const entry = await form.add('Certificates');

  await entry.list('Images', ['ghcr.io/acme/**']);
  await entry.list('Certificates', [certificate]);
  await entry.list('Chain', chain);
  await entry.toggle('transparency log');
  const identity = await form.add('Keyless identities');

  await identity.list('Images', ['ghcr.io/acme/**']);
  await identity.text('OIDC issuer', 'https://accounts.google.com');
  await identity.list('Subjects', ['release@acme.com']);
  await picture(form, 'certificates');
  const settings = await form.settings();

  assert.deepEqual(settings, {
    ...UNTOUCHED,
    pinWorkloadTemplates: false,
    keylessIdentities:    [{
      name: '', images: ['ghcr.io/acme/**'], issuer: 'https://accounts.google.com', subjects: ['release@acme.com'], require: 'all',
    }],
    certificates: [{
      name: '', images: ['ghcr.io/acme/**'], certificates: [certificate], certificateChain: chain, requireRekorBundle: false, require: 'all',
    }],
  });
  const pem = (text) => ({ encoding: 'Pem', data: [...Buffer.from(text)] });
  const checked = exchange(
    ['CryptoIsCertificateTrusted', { request: { cert: pem(certificate), cert_chain: chain.map(pem), not_after: null } }],
    success({ trusted: true, reason: '' }),
  );
  const keyless = [{ issuer: 'https://accounts.google.com', subject: 'release@acme.com' }];
  const first = ['SigstoreKeylessVerify', { image: IMAGE, keyless, annotations: null }];
  const second = ['SigstoreCertificateVerify', {
    image:                `ghcr.io/acme/app@${ DIGEST }`,
    certificate:          [...Buffer.from(certificate)],
    certificate_chain:    chain.map((link) => [...Buffer.from(link)]),
    require_rekor_bundle: false,
    annotations:          null,
  }];
  const accepted = review(settings, DEPLOYMENT, IMAGE, [checked, trusted(first), noSignatureTag(IMAGE), trusted(second)]);

  assert.equal(accepted.allowed, true);
  assert.deepEqual(pinned(accepted), {});
  const inPod = review(settings, POD, IMAGE, [checked, trusted(first), noSignatureTag(IMAGE), trusted(second)]);

  assert.deepEqual(pinned(inPod), { [CONTAINER]: `${ IMAGE }@${ DIGEST }` });
  assert.equal(review(settings, POD, IMAGE, [checked, trusted(first), noSignatureTag(IMAGE), missing(second)]).allowed, false);
});

scenario('a signed scan that is recent, without what is refused', async() => {
  const key = fixture('keys/p256.pem');
  const form = await browser.form();
  const entry = await form.add('Vulnerability scans');

  await entry.list('Images', ['ghcr.io/acme/**']);
  await entry.list('Keys', [key]);
  await entry.text('How old a scan may be', '7d');
  await entry.list('Severities that are rejected', ['CRITICAL', 'HIGH']);
  await entry.toggle('Findings without a fix are accepted');
  await picture(form, 'scans');
  const settings = await form.settings();

  assert.deepEqual(settings, {
    ...UNTOUCHED,
    vulnerabilityScans: [{
      name: '', images: ['ghcr.io/acme/**'], keys: [key], issuer: '', subject: '', maxAge: '7d', refuse: ['CRITICAL', 'HIGH'], fixedOnly: true,
    }],
  });
  const finding = (more) => ({ VulnerabilityID: 'CVE-2024-1', Severity: 'HIGH', PkgName: 'openssl', ...more });
  const reviewed = (findings, days) => review(settings, POD, IMAGE, [
    trusted(['SigstorePubKeyVerify', { image: IMAGE, pub_keys: [key], annotations: null }]), ...scan(key, findings, days),
  ]);

  assert.equal(reviewed([], 1).allowed, true);
  assert.equal(reviewed([finding({})], 1).allowed, true);
  assert.match(reviewed([finding({ FixedVersion: '3' })], 1).status.message, /its vuln report has 1 HIGH finding with a fix: CVE-2024-1 \(openssl\)/);
  assert.match(reviewed([], 8).status.message, /its vuln report is 8 days old, 7 allowed/);
});

/** What the host says of the image's scan, which was made so many days ago and is signed with that key. */
function scan(key, findings, days) {
  const report = `sha256:${ 'b'.repeat(64) }`;
  const image = `ghcr.io/acme/app@${ report }`;
  const predicateType = 'https://cosign.sigstore.dev/attestation/vuln/v1';
  const statement = {
    _type:     'https://in-toto.io/Statement/v1',
    predicateType,
    subject:   [{ name: 'app', digest: { sha256: 'a'.repeat(64) } }],
    predicate: {
      scanner:  { uri: 'pkg:github/aquasecurity/trivy@0.60', result: { SchemaVersion: 2, Results: [{ Vulnerabilities: findings }] } },
      metadata: { scanFinishedOn: new Date(Date.now() - days * 86_400_000).toISOString() },
    },
  };

  return [
    exchange(['OciManifestDigest', { image: `ghcr.io/acme/app:${ DIGEST.replace(':', '-') }.vuln` }], success({ digest: report })),
    trusted(['SigstorePubKeyVerify', { image, pub_keys: [key], annotations: { predicateType } }], report),
    exchange(['OciManifest', { image }], success({ config: { size: JSON.stringify(statement).length } })),
    exchange(['OciManifestAndConfig', { image }], success({ digest: report, config: statement })),
  ];
}
