"""What the comments beside the fields of a struct say: each setting is explained once, there."""

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator
from functools import cache
from textwrap import dedent


def summary(model: type) -> str:
    """The first paragraph of its docstring, on one line, for readers who see no markup."""
    text = inspect.getdoc(model) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "")


@cache
def remarks(model: type) -> dict[str, str]:
    """By field: the comment beside it. What stands above it is for those who read the source.

    Fields without a comment, and all of them where there is no source, are left out.
    """
    found: dict[str, str] = {}
    for each in reversed(model.__mro__[:-1]):
        try:
            source = dedent(inspect.getsource(each))
        except (OSError, TypeError):
            continue
        found |= _in_source(source)
    return found


def _in_source(source: str) -> dict[str, str]:
    comments = dict(_comments(source))
    (klass,) = ast.parse(source).body
    assert isinstance(klass, ast.ClassDef)
    found = {}
    for field in klass.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            lines = range(field.lineno, (field.end_lineno or field.lineno) + 1)
            texts = [comments[line] for line in lines if line in comments]
            if texts:
                found[field.target.id] = " ".join(texts)
    return found


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Line numbers from 1, and what the comment there says."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
