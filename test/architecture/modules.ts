import path from 'node:path';
import ts from 'typescript';

/** Project files by path relative to the root, with forward slashes. */
export type FileMap = ReadonlyMap<string, string>;

export interface ModuleImport {
  /** The project file that is imported, or null for a package or a Node.js module. */
  readonly target: string | null;
  /** The package name (`@scope/name` or `name`, `node:` kept), or null for a project file. */
  readonly packageName: string | null;
  /** Imported names; `*` when the whole module is taken. */
  readonly names: readonly string[];
  readonly typeOnly: boolean;
}

export interface ModuleExport {
  readonly name: string;
  readonly isType: boolean;
  /** Every identifier that the exported declaration mentions. */
  readonly mentions: ReadonlySet<string>;
}

export interface Module {
  readonly path: string;
  readonly ast: ts.SourceFile;
  readonly lineCount: number;
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
}

export type Modules = ReadonlyMap<string, Module>;

/** Written in AssemblyScript, which looks like TypeScript and is another language. */
const ASSEMBLY_SCRIPT = 'src/payload/wasm/';

/** Parses the TypeScript files of the map; others are left out. */
export function parseModules(files: FileMap): Modules {
  const modules = new Map<string, Module>();
  for (const [file, text] of files) {
    if (!file.endsWith('.ts') || file.startsWith(ASSEMBLY_SCRIPT)) continue;
    const ast = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    modules.set(file, {
      path: file,
      ast,
      lineCount: text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length,
      imports: importsOf(ast),
      exports: exportsOf(ast),
    });
  }
  return modules;
}

/** `src/<room>/file.ts` is in `<room>`, `src/main.ts` is in `main`; what is not under src is in no room. */
export function roomOf(file: string): string | null {
  const parts = file.split('/');
  if (parts[0] !== 'src') return null;
  return parts.length === 2 ? (parts[1] ?? '').replace(/\.ts$/, '') : (parts[1] ?? null);
}

/** Calls `visit` for the node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function importsOf(ast: ts.SourceFile): ModuleImport[] {
  const imports: ModuleImport[] = [];
  const add = (specifier: ts.Node | undefined, names: readonly string[], typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const relative = specifier.text.startsWith('.');
    const joined = path.posix.join(path.posix.dirname(ast.fileName), specifier.text);
    imports.push({
      target: relative ? joined.replace(/\.js$/, '.ts') : null,
      packageName: relative ? null : packageName(specifier.text),
      names,
      typeOnly,
    });
  };
  walk(ast, (node) => {
    if (ts.isImportDeclaration(node)) {
      const { names, typeOnly } = importClause(node.importClause);
      add(node.moduleSpecifier, names, typeOnly);
    } else if (ts.isExportDeclaration(node)) {
      const named = node.exportClause !== undefined && ts.isNamedExports(node.exportClause);
      const elements = named ? node.exportClause.elements : [];
      const names = named ? elements.map((element) => (element.propertyName ?? element.name).text) : ['*'];
      add(node.moduleSpecifier, names, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], ['*'], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, node.qualifier === undefined ? ['*'] : [node.qualifier.getText()], true);
    }
  });
  return imports;
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

function importClause(clause: ts.ImportClause | undefined): { names: readonly string[]; typeOnly: boolean } {
  if (clause === undefined) return { names: [], typeOnly: false };
  const wholeTypeOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const names = clause.name === undefined ? [] : ['default'];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return { names, typeOnly: wholeTypeOnly };
  if (ts.isNamespaceImport(bindings)) return { names: [...names, '*'], typeOnly: wholeTypeOnly };
  const everyElementIsType = names.length === 0 && bindings.elements.every((element) => element.isTypeOnly);
  return {
    names: [...names, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)],
    typeOnly: wholeTypeOnly || everyElementIsType,
  };
}

function exportsOf(ast: ts.SourceFile): ModuleExport[] {
  return ast.statements.flatMap((statement): ModuleExport[] => {
    if (ts.isExportDeclaration(statement)) return reexports(statement);
    if (ts.isExportAssignment(statement)) return [exported('default', false, statement)];
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
      return [exported('default', false, statement)];
    }
    return declaredNames(statement).map((name) => exported(name, isTypeDeclaration(statement), statement));
  });
}

function reexports(statement: ts.ExportDeclaration): ModuleExport[] {
  const clause = statement.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) return [];
  return clause.elements.map((element) =>
    exported(element.name.text, statement.isTypeOnly || element.isTypeOnly, element),
  );
}

function exported(name: string, isType: boolean, node: ts.Node): ModuleExport {
  const mentions = new Set<string>();
  walk(node, (child) => {
    if (ts.isIdentifier(child)) mentions.add(child.text);
  });
  return { name, isType, mentions };
}

function isTypeDeclaration(statement: ts.Statement): boolean {
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((declaration) => bindingNames(declaration.name));
  }
  const name = (statement as ts.DeclarationStatement).name;
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
}

function bindingNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : bindingNames(element.name)));
}
