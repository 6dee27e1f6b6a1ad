/**
 * Writes constants as numbers where they are used: what the bundler asks for each file.
 *
 * A name that is imported from another module is a cell to V8: each use loads it, asks whether it was initialised yet and,
 * for a field like `HeaderOffset.path`, checks the object's shape. On a hot path that is several instructions for every one
 * that works. The type checker knows their values, as it does those of an enum; so they are put in here, once, for all code.
 */
import ts from 'typescript';

/** The number that an expression is in every run, or null: literals, constants, and what is computed from them. */
function valueOf(node, checker) {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return valueOf(node.expression, checker);
  if (ts.isPrefixUnaryExpression(node)) {
    const of = valueOf(node.operand, checker);
    if (of === null) return null;
    if (node.operator === ts.SyntaxKind.MinusToken) return -of;
    return node.operator === ts.SyntaxKind.TildeToken ? ~of : null;
  }
  if (ts.isBinaryExpression(node)) {
    const left = valueOf(node.left, checker);
    const right = left === null ? null : valueOf(node.right, checker);
    return right === null ? null : (OPERATORS[node.operatorToken.kind]?.(left, right) ?? null);
  }
  if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) return valueOfName(node, checker);
  return null;
}

const OPERATORS = {
  [ts.SyntaxKind.PlusToken]: (a, b) => a + b,
  [ts.SyntaxKind.MinusToken]: (a, b) => a - b,
  [ts.SyntaxKind.AsteriskToken]: (a, b) => a * b,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (a, b) => a ** b,
  [ts.SyntaxKind.SlashToken]: (a, b) => a / b,
  [ts.SyntaxKind.BarToken]: (a, b) => a | b,
  [ts.SyntaxKind.AmpersandToken]: (a, b) => a & b,
  [ts.SyntaxKind.LessThanLessThanToken]: (a, b) => a << b,
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: (a, b) => a >> b,
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: (a, b) => a >>> b,
};

/** Constants begin with a capital, and so do the objects that hold them: nothing else is looked up. */
const CONSTANT = /^[A-Z]/;

const known = new Map();

/** By the symbol of a name: a constant of a module, or a field of one that is an object literal `as const`. */
function valueOfName(node, checker) {
  const first = ts.isIdentifier(node) ? node : node.expression;
  if (!ts.isIdentifier(first) || !CONSTANT.test(first.text)) return null;
  let symbol = checker.getSymbolAtLocation(ts.isIdentifier(node) ? node : node.name);
  if (symbol === undefined) return null;
  if ((symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = checker.getAliasedSymbol(symbol);
  if (!known.has(symbol)) known.set(symbol, valueOfDeclared(symbol.valueDeclaration, checker));
  return known.get(symbol);
}

function valueOfDeclared(declared, checker) {
  if (declared === undefined || declared.getSourceFile().isDeclarationFile) return null;
  if (ts.isVariableDeclaration(declared)) return isConstantOfModule(declared) ? valueOf(declared.initializer, checker) : null;
  if (!ts.isPropertyAssignment(declared) || !ts.isAsExpression(declared.parent.parent) || declared.parent.parent.type.getText() !== 'const') return null;
  const owner = declared.parent.parent.parent;
  return ts.isVariableDeclaration(owner) && isConstantOfModule(owner) ? valueOf(declared.initializer, checker) : null;
}

function isConstantOfModule(declaration) {
  return declaration.initializer !== undefined && (declaration.parent.flags & ts.NodeFlags.Const) !== 0 && ts.isSourceFile(declaration.parent.parent.parent);
}

/** Whether a name stands where its value is read, rather than where something is named. */
function isRead(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node;
  return ts.isBinaryExpression(parent) || ts.isPrefixUnaryExpression(parent) || ts.isParenthesizedExpression(parent) || ts.isConditionalExpression(parent)
    || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent) || ts.isNewExpression(parent) || ts.isReturnStatement(parent)
    || ts.isArrowFunction(parent) || ts.isCaseClause(parent) || ts.isTemplateSpan(parent) || ts.isArrayLiteralExpression(parent);
}

/** In parentheses where a bare number would mean something else: `1.toFixed()` is no code, `-2 ** 2` neither. */
const literal = (value, { parent }) => (value < 0 || ts.isPropertyAccessExpression(parent) ? `(${value})` : String(value));

/** Where constants are read in a file, and the number to write there. */
function readsIn(file, checker) {
  const found = [];
  const visit = (node) => {
    if (ts.isTypeNode(node)) return;
    if ((ts.isPropertyAccessExpression(node) || ts.isIdentifier(node)) && isRead(node)) {
      const value = valueOfName(node, checker);
      if (value !== null && Number.isFinite(value)) {
        found.push({ start: node.getStart(file), end: node.getEnd(), text: literal(value, node) });
        return;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/**
 * A plugin for the bundler. Lines stay where they are, and so do the source maps.
 * @param entries files from which all others are reached
 */
export function constantsAsNumbers(entries) {
  // No constant of ours is made of what libraries declare.
  const program = ts.createProgram(entries, { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, strict: true, noLib: true, types: [], noCheck: true });
  const checker = program.getTypeChecker();
  return {
    name: 'constants-as-numbers',
    transform(code, id) {
      const file = program.getSourceFile(id);
      if (file === undefined || file.text !== code) return null;
      let written = code;
      for (const { start, end, text } of readsIn(file, checker).reverse()) written = written.slice(0, start) + text + written.slice(end);
      return { code: written, map: null };
    },
  };
}
