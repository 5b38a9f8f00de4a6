import { describe, expect, it } from 'vitest';
import { missingPackages, platformOf } from './complete-lock-file.ts';

describe('the platform in a package name', () => {
  it.each([
    ['@a/binding-linux-x64-gnu', { cpu: ['x64'], libc: ['glibc'], os: ['linux'] }],
    ['@a/binding-linux-arm64-musl', { cpu: ['arm64'], libc: ['musl'], os: ['linux'] }],
    ['@a/binding-linux-arm-gnueabihf', { cpu: ['arm'], os: ['linux'] }],
    ['@a/darwin-arm64', { cpu: ['arm64'], os: ['darwin'] }],
    ['@a/binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['fsevents', undefined],
  ])('of %s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});

describe('completing a lock file', () => {
  const parent = { version: '2.0.0', dev: true, optionalDependencies: { '@a/darwin-x64': '2.0.0' } };
  const added = { version: '2.0.0', cpu: ['x64'], dev: true, optional: true, os: ['darwin'] };

  it('adds what is missing at the top', () => {
    expect(missingPackages({ packages: { 'node_modules/a': parent } })).toEqual({
      'node_modules/@a/darwin-x64': added,
    });
  });

  it('adds another version below the package that wants it', () => {
    const packages = { 'node_modules/a': parent, 'node_modules/@a/darwin-x64': { version: '1.0.0' } };
    expect(missingPackages({ packages })).toEqual({ 'node_modules/a/node_modules/@a/darwin-x64': added });
  });

  it('finds what stands above a nested package, and adds nothing twice', () => {
    const packages = { 'node_modules/b/node_modules/a': parent, 'node_modules/b/node_modules/@a/darwin-x64': added };
    expect(missingPackages({ packages })).toEqual({});
    const once = missingPackages({ packages: { 'node_modules/a': parent } });
    expect(missingPackages({ packages: { 'node_modules/a': parent, ...once } })).toEqual({});
  });
});
