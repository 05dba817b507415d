import { describe, expect, it } from '@jest/globals';
import { declarationOf, envName, OPTION_NAMES, optionOfEnv, optionOfFlag } from '../../src/config/options.js';

/** The names that follow OP_NODE_ and not the flag. */
const HAND_NAMED: Readonly<Record<string, string>> = {
  l2: 'LOCKSTEP_L2_ENGINE_RPC',
  'l2.jwt-secret': 'LOCKSTEP_L2_ENGINE_AUTH',
  'l2.jwt-secret-encoded': 'LOCKSTEP_L2_ENGINE_AUTH_ENCODED',
  'l2.rpc': 'LOCKSTEP_L2_RPC_URL',
  'l2.follow.trustrpc': 'LOCKSTEP_L2_FOLLOW_TRUST_RPC',
};

describe('the option table', () => {
  it('gives every option an environment name of its own', () => {
    const names = OPTION_NAMES.flatMap((name) => [envName(name), ...(declarationOf(name).alsoEnv ?? [])]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('gives every flag and alias one meaning', () => {
    const flags = OPTION_NAMES.flatMap((name) => [name, ...(declarationOf(name).aliases ?? [])]);
    expect(new Set(flags).size).toBe(flags.length);
    for (const name of OPTION_NAMES) {
      for (const flag of [name, ...(declarationOf(name).aliases ?? [])]) expect(optionOfFlag(flag)).toBe(name);
    }
  });

  it.each(OPTION_NAMES)('names the variable of %s by formula or by hand, and finds it back', (name) => {
    const byFormula = `LOCKSTEP_${name.toUpperCase().replaceAll('.', '_').replaceAll('-', '_')}`;
    expect(envName(name)).toBe(HAND_NAMED[name] ?? byFormula);
    expect(optionOfEnv(envName(name))).toBe(name);
  });

  it.each([
    'L2_ENGINE_RPC',
    'L2_ENGINE_AUTH',
    'L2_FOLLOW_SOURCE',
    'L2_FOLLOW_SOURCE_RPC_TIMEOUT',
    'METRICS_ENABLED',
    'METRICS_ADDR',
    'METRICS_PORT',
    'LOG_LEVEL',
    'LOG_FORMAT',
    'LOG_COLOR',
    'LOG_PID',
  ])('knows the suffix %s of OP_NODE_', (suffix) => {
    expect(optionOfEnv(`LOCKSTEP_${suffix}`)).toBeDefined();
  });

  it('has defaults that its own types accept', () => {
    for (const name of OPTION_NAMES) {
      const { default: text, type } = declarationOf(name);
      if (text !== undefined) expect(type.parse(text)).toMatchObject({ ok: true });
    }
  });
});
