import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../src/follow/decide.js';
import { headerText } from '../../src/record/lines.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, engineView, failed, NOW, observation, seen, SETTLED, sourceView } from '../follow/examples.js';
import { MemorySink } from '../record/memory-sink.js';
import { HEADER, recorderInto, recordingDecide } from '../record/record-fixture.js';
import { cliRig } from '../rig/cli.js';

const rig = cliRig();

/** A record of three turns: in step, the EL is gone, and that it is. */
function recorded(): string {
  const sink = new MemorySink();
  const recorder = recorderInto(sink);
  const decides = recordingDecide(recorder, decide);
  const source = seen(sourceView(A, 9));
  const first = decides(SETTLED, observation(engineView(A, 9), sourceView(A, 9)), { now: NOW, random: 0 });
  const engine = failed('ENGINE_UNREACHABLE');
  const outcome = { of: 'wait' } as const;
  const second = decides(first.state, { engine, source, outcome }, { now: NOW + 1_000, random: 0 });
  decides(second.state, { engine, source, outcome }, { now: NOW + 2_000, random: 0 });
  recorder.end(new LockstepError('ENGINE_HUNG'));
  return sink.files.join('');
}

const TEXT = recorded();
const LINES = TEXT.split('\n');
const changed = (line: number, from: string | RegExp, to: string): string => {
  const before = LINES[line - 1] ?? '';
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return LINES.with(line - 1, after).join('\n');
};

async function told(text: string): Promise<string> {
  rig.write('run.record', text);
  const run = await rig.run(['explain', 'run.record']);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return run.stdout;
}

/** What is said of a file that cannot be explained, without the path before it. */
async function refusal(text: string | null, path = 'bad.record'): Promise<string> {
  if (text !== null) rig.write(path, text);
  const run = await rig.run(['explain', path]);
  expect(run.code).toBe(78);
  const [, detail = run.stderr] =
    /^lockstep: the file is no record that can be used: \S+?(?:: |, )(.*)\n/.exec(run.stderr) ?? [];
  expect(run.stderr).toContain(path);
  return detail;
}

describe('lockstep explain', () => {
  it('tells what was seen, what was done about it and how it ended', async () => {
    const text = await told(TEXT);
    expect(text).toContain('lockstep 0.1.0 (Node.js v20.19.0) beside geth, chain 901\n');
    expect(text).toMatch(/following +the EL is in step with the source, so wait\n/);
    expect(text).toMatch(
      /holding: engine-unavailable +the EL cannot be read \(ENGINE_UNREACHABLE\), so wait \(2 turns, until .*\)\n/,
    );
    expect(text).toContain('-- it ended with ENGINE_HUNG\n');
  });

  it('says when a gap is in the record', async () => {
    const text = await told(`${TEXT}${headerText(HEADER)}{"gap":7}\n`);
    expect(text).toContain('-- 7 turns are missing here: the disk was full or too slow\n');
    expect(text).toMatch(/3 turns\. 7 are missing\. lockstep [\d.]+ decides the same in all of them\.\n$/);
  });

  it('says nothing to a terminal but text', async () => {
    const text = await told(changed(1, '"engine":"geth"', '"engine":"\\u001b[31mgeth\\u202e"'));
    expect(text).toContain('beside \\u001b[31mgeth\\u202e,');
  });

  it.each([
    ['no file', null, 'ENOENT', 'none.record'],
    ['nothing', '', 'it is empty'],
    ['a log', '{"t":"2026-01-01","lvl":"info"}\n', 'line 1: it does not begin as a record does'],
    ['a long line of something else', 'x'.repeat(5_000_000), 'line 1: it does not begin as a record does'],
    ['half a header', headerText(HEADER).slice(0, 60), 'line 1: it is not JSON'],
    [
      'a newer form',
      changed(1, '"form":1', '"form":2'),
      'line 1: it has form 2, and this lockstep reads form 1: use the version that wrote it',
    ],
    ['a header without a chain', changed(1, '"chainId":901,', ''), 'line 1: its chainId is missing'],
    ['a chain that is no number', changed(1, '901', '"901"'), 'line 1: its chainId is not a whole number'],
    [
      'settings that are no text',
      changed(1, '"settings":{}', '"settings":{"l2":{}}'),
      'line 1: a setting is not a text',
    ],
    ['a line of another kind', `${LINES[0] ?? ''}\n[1,2]\n`, 'line 2: it is not an object'],
    ['a turn without a clock', changed(2, /"now":\d+,/, ''), 'line 2: its now is missing'],
    [
      'a clock that is no number',
      changed(2, /"now":\d+,/, '"now":"soon",'),
      'line 2: its now is not a number of that kind',
    ],
    ['a turn without a state before', [LINES[0], ...LINES.slice(2)].join('\n'), 'line 2: no state was told before it'],
    [
      'an observation that is none',
      changed(2, '"observation":{', '"observation":7,"was":{'),
      'line 2: its observation is not an object',
    ],
    ['a state without its phase', changed(2, '"phase":{"kind":"following"},', ''), 'line 2: its state has no phase'],
    [
      'a state of more',
      changed(2, '"paused":false', '"paused":false,"mood":1'),
      'line 2: its state has a field that this version does not know',
    ],
    [
      'a state with a prototype',
      changed(2, '"paused":false', '"paused":false,"__proto__":{"a":1}'),
      'line 2: its state has a field that this version does not know',
    ],
    [
      'an engine that is a number',
      changed(2, /"engine":\{.*\},"source"/, '"engine":7,"source"'),
      'line 2: it is not a turn that this version can decide on',
    ],
    [
      'a code that nobody knows',
      changed(3, 'ENGINE_UNREACHABLE', 'ENGINE_ASLEEP'),
      'line 3: an error has a code that is not known',
    ],
    ['a block without a hash', changed(2, /\[0,9,"0x/, '[0,9,"'), 'line 2: a block has no hash'],
    ['a tag that nobody knows', changed(2, '"$map"', '"$mop"'), 'line 2: it has a tag that is not known'],
    [
      'a deep nest',
      changed(2, '"paused":false', `"paused":${'['.repeat(200)}${']'.repeat(200)}`),
      'line 2: it is nested too deep',
    ],
    ['a line that was changed by hand', changed(3, /\}$/, ''), 'line 3: it is not JSON'],
  ])('names file and line of what it cannot read: %s', async (_name, text, detail, path = 'bad.record') => {
    expect(await refusal(text, path)).toBe(detail);
  });

  it('reads no line that is longer than any of ours', async () => {
    rig.write('bad.record', headerText(HEADER));
    execFileSync('truncate', ['-s', '64M', rig.path('bad.record')]);
    expect(await refusal(null)).toBe('line 2: it is longer than 33554432 bytes');
  });

  it('does not wait for a pipe, and reads no folder', async () => {
    execFileSync('mkfifo', [rig.path('pipe')]);
    mkdirSync(rig.path('folder'));
    expect(await refusal(null, 'pipe')).toBe('it is not a file');
    expect(await refusal(null, 'folder')).toBe('it is not a file');
  });

  it('needs a file', async () => {
    const run = await rig.run(['explain']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('explain needs the file that --record wrote');
  });
});
