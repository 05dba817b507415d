import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Copy, DockerfileParser, JSONInstruction, type Instruction } from 'dockerfile-ast';
import { projectRoot } from '../../devnet/project-root.js';

export const DOCKERFILE = 'devnet/docker/Dockerfile';

interface Stage {
  readonly name: string | null;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

interface CopiedFiles {
  /** The stage copied from; null for the build context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
  /** As --chown names it; null where it is not given. */
  readonly owner: string | null;
}

/** The stages of the Dockerfile, in order. */
export function stages(): readonly Stage[] {
  const dockerfile = DockerfileParser.parse(readFileSync(join(projectRoot, DOCKERFILE), 'utf8'));
  const froms = dockerfile.getFROMs();
  return froms.map((from, index) => {
    const start = from.getRange().start.line;
    const end = froms[index + 1]?.getRange().start.line ?? Infinity;
    const instructions = dockerfile.getInstructions().filter((instruction) => {
      const { line } = instruction.getRange().start;
      return line > start && line < end;
    });
    return { name: from.getBuildStage(), image: from.getImage() ?? '', instructions };
  });
}

export function instructionsOf({ instructions }: Stage, keyword: string): readonly Instruction[] {
  return instructions.filter((instruction) => instruction.getKeyword() === keyword);
}

/** The arguments of an instruction in exec form; null for one in shell form. */
export function execForm(instruction: Instruction): readonly string[] | null {
  if (!(instruction instanceof JSONInstruction) || instruction.getOpeningBracket() === null) return null;
  return instruction.getJSONStrings().map((string) => string.getJSONValue());
}

export function copies(stage: Stage): readonly CopiedFiles[] {
  return instructionsOf(stage, 'COPY').map((instruction) => {
    const paths = instruction.getArguments().map((argument) => argument.getValue());
    const flags = (instruction instanceof Copy ? instruction.getFlags() : []).map(
      (flag) => [flag.getName(), flag.getValue()] as const,
    );
    const flag = (wanted: string): string | null => flags.find(([name]) => name === wanted)?.[1] ?? null;
    return { from: flag('from'), owner: flag('chown'), sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
  });
}

/** Makes the folder that the last stage would hold, from what `npm run build` left. */
export function makeImageFolder(folder: string): void {
  const [build, runtime] = stages();
  if (build === undefined || runtime === undefined) throw new Error('the Dockerfile has no two stages');
  const workdir = instructionsOf(build, 'WORKDIR')[0]?.getArgumentsContent() ?? '';
  for (const { sources, target } of copies(runtime)) {
    for (const source of sources) {
      const path = source.replace(`${workdir}/`, '');
      if (path === 'state') mkdirSync(join(folder, target));
      else
        cpSync(join(projectRoot, path), join(folder, target.endsWith('/') ? join(target, basename(path)) : target), {
          recursive: true,
        });
    }
  }
}
