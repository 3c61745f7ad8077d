"""XML from outside, parsed without entities, doctypes or the network."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any


class BrokenDocumentError(ValueError):
    """A document that is not well-formed XML, such as one that breaks off."""


def read_document(source: Any, root: str) -> tuple[bytes, str]:
    """Return the bytes of an XML document once its form is checked.

    Parameters
    ----------
    source : str, path-like, bytes or file object
        The document, or its path.
    root : str
        Name of its root element.

    Returns
    -------
    data : bytes
        The document.
    name : str
        Its name for messages.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not well-formed XML with this root, or declares a document type,
        whose entities could multiply or name other files.
    """
    data, name = bytes_of(source)
    found = root_of(data, name)
    if found != root:
        raise ValueError(f"{name} has the root element {found}, not {root}.")
    return data, name


def root_of(data: bytes, name: str) -> str:
    """Return the name of the root element of an XML document.

    Raises
    ------
    BrokenDocumentError
        If it is not well-formed XML.
    ValueError
        If it declares a document type.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]: no stubs

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.parse(io.BytesIO(data), parser)
    except etree.XMLSyntaxError as error:
        raise BrokenDocumentError(f"{name} is not well-formed XML: {error}") from error
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise ValueError(f"{name} declares a document type, which is not allowed.")
    return etree.QName(tree.getroot()).localname


def bytes_of(source: Any) -> tuple[bytes, str]:
    """Return the content of a document and a name for it."""
    if isinstance(source, bytes):
        return source, "the document"
    if hasattr(source, "read"):
        return source.read(), getattr(source, "name", "the document")
    path = Path(os.fspath(source))
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    return path.read_bytes(), str(path)
