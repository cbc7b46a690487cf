import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import ts from "typescript";

/** One import or re-export of another file of the checkout, by `import`, `export … from` or `import()`. */
export interface ModuleImport {
  /** Path of the imported file in the checkout. */
  readonly file: string;
  /** Names that the importing file takes; undefined for all of them. */
  readonly names: readonly string[] | undefined;
  /** Whether it is no `import()`. */
  readonly isStatic: boolean;
}

/** Imports and exports of a TypeScript file. */
export interface SourceModule {
  /** Path in the checkout. */
  readonly file: string;
  readonly imports: readonly ModuleImport[];
  /** Names of the packages that it imports at run time, which an import of types alone does not. */
  readonly packages: readonly string[];
  /** Exported values, without types. */
  readonly values: readonly string[];
}

/** Reads the imports and exports of every TypeScript file in the checkout, tests and docs included. */
export function readModules(): readonly SourceModule[] {
  const files = globSync("**/*.ts", { exclude: ["node_modules/**", "sdks/**", "runs/**"] });
  return files.sort().map((file) => parseModule(file, readFileSync(file, "utf8")));
}

/** Parses the imports and exports of one TypeScript file. An import of JSON is not part of them. */
export function parseModule(file: string, text: string): SourceModule {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: ModuleImport[] = [];
  const packages = new Set<string>();
  const add = (specifier: ts.Node | undefined, names: readonly string[] | undefined, isStatic = true) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text: path } = specifier;
    if (path.startsWith(".") && path.endsWith(".ts")) imports.push({ file: join(file, "..", path), names, isStatic });
    const isPackage = !path.startsWith(".") && !isBuiltin(path);
    if (isPackage && !isErased(specifier.parent)) packages.add(packageOf(path));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importedNames(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, exportedNames(node.exportClause));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, undefined);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], undefined, false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { file, imports, packages: [...packages], values: source.statements.flatMap(exportedValues) };
}

/** Whether the compiler removes an import or a re-export, because it is one of types. */
function isErased(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return ts.isExportDeclaration(node) ? node.isTypeOnly : ts.isLiteralTypeNode(node);
}

function packageOf(path: string): string {
  const parts = path.split("/");
  return parts.slice(0, path.startsWith("@") ? 2 : 1).join("/");
}

function importedNames(clause: ts.ImportClause | undefined): readonly string[] | undefined {
  if (clause === undefined) return [];
  const bindings = clause.namedBindings;
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) return undefined;
  const named = bindings?.elements.map(({ name, propertyName }) => (propertyName ?? name).text) ?? [];
  return clause.name === undefined ? named : ["default", ...named];
}

function exportedNames(clause: ts.NamedExportBindings | undefined): readonly string[] | undefined {
  if (clause === undefined || ts.isNamespaceExport(clause)) return undefined;
  return clause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

/** Returns the names of the values that a statement exports. */
function exportedValues(statement: ts.Statement): readonly string[] {
  if (ts.isExportAssignment(statement)) return ["default"];
  if (ts.isExportDeclaration(statement)) {
    const { exportClause: clause, isTypeOnly } = statement;
    if (isTypeOnly || clause === undefined) return [];
    return ts.isNamespaceExport(clause)
      ? [clause.name.text]
      : clause.elements.filter((element) => !element.isTypeOnly).map(({ name }) => name.text);
  }
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  }
  const isValue = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
  return isValue ? [statement.name?.text ?? "default"] : [];
}

function boundNames(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}
