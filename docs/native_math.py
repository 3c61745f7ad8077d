"""Formulas as MathML, which browsers draw without a script from elsewhere."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError


def write(translator, node, *, as_block):
    """Write a formula."""
    formula = " ".join(node.astext().split())
    try:
        translator.body.append(tex2mathml(formula, as_block=as_block))
    except (AttributeError, SyntaxError) as error:
        raise ExtensionError(f"{formula!r} is not a formula.") from error
    raise nodes.SkipNode


def visit_inline(translator, node):
    """Write a formula within a line."""
    write(translator, node, as_block=False)


def visit_block(translator, node):
    """Write a formula between paragraphs."""
    write(translator, node, as_block=True)


def setup(app):
    """Add the renderer."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
