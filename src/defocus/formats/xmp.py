"""XMP packets: reading and writing their properties, and their extensions.

XMP specification, ISO 16684-1; parsing refuses DTDs and entities (defusedxml) and huge packets.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING, Any
from xml.dom.minidom import Attr, CharacterData, Document, Element, Node

from defocus.formats.xmp_bytes import normalised

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
GDEPTH = "http://ns.google.com/photos/1.0/depthmap/"
GFOCUS = "http://ns.google.com/photos/1.0/focus/"
GIMAGE = "http://ns.google.com/photos/1.0/image/"
NOTE = "http://ns.adobe.com/xmp/note/"
# What xmpNote:HasExtendedXMP and its namespace take.
_GUID_ROOM = 160
_MAX_BYTES = 96 << 20
_MAX_ELEMENTS = 20_000
# Raw converters write some thousand for their masks; a second of work is ten times that.
_MAX_ATTRIBUTES = 50_000
_MAX_DEPTH = 60
_ATTRIBUTE = re.compile(rb"=\s*[\"']")


class BrokenXmpError(ValueError):
    """The packet cannot be read; the message says why, for people."""


def parse(packet: bytes) -> Document:
    """The document of a packet.

    Raises:
        BrokenXmpError: not well-formed, not XMP, or too large to be worth reading.
    """
    from xml.parsers.expat import ExpatError

    from defusedxml import minidom
    from defusedxml.common import DefusedXmlException

    packet = normalised(packet).strip(b"\0 \r\n\t")
    if len(packet) > _MAX_BYTES or packet.count(b"<") > 2 * _MAX_ELEMENTS:
        raise BrokenXmpError("it is too large")
    if any(k > _MAX_ATTRIBUTES for k, _ in enumerate(_ATTRIBUTE.finditer(packet))):
        raise BrokenXmpError("it has too many attributes")
    try:
        document = minidom.parseString(packet, forbid_dtd=True)
    except (ExpatError, DefusedXmlException, ValueError, RecursionError, LookupError):
        raise BrokenXmpError("it is damaged") from None
    if not isinstance(document, Document):
        raise BrokenXmpError("it is damaged")
    if _is_deep(document):  # minidom's own methods recurse
        raise BrokenXmpError("it is nested too deeply")
    return document


def _is_deep(document: Document) -> bool:
    level: list[Node] = [document]
    for _ in range(_MAX_DEPTH):
        level = [child for node in level for child in node.childNodes]
        if not level:
            return False
    return True


def descriptions(document: Document) -> list[Element]:
    """The top-level rdf:Description elements, where all properties live."""
    return [
        node
        for root in document.getElementsByTagNameNS(RDF, "RDF")
        for node in root.childNodes
        if isinstance(node, Element) and node.namespaceURI == RDF
    ]


def empty() -> Document:
    """A packet that says nothing yet."""
    return parse(packet(""))


def packet(attributes: str, body: str = "") -> bytes:
    """A packet with one description of these attributes and elements."""
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def lists(document: Document, namespace: str) -> dict[str, str]:
    """The properties of one namespace that are lists, their items joined by spaces."""
    found: dict[str, str] = {}
    for description in descriptions(document):
        for child in elements(description):
            items = child.getElementsByTagNameNS(RDF, "li")
            if child.namespaceURI == namespace and child.localName and items:
                found[child.localName] = " ".join(_text(item).strip() for item in items)
    return found


def serialise(document: Document) -> bytes:
    """A packet from a document, without padding."""
    root = document.documentElement
    body = root.toxml() if root is not None else packet("").decode()
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' + body + '<?xpacket end="w"?>'
    ).encode()


def simple(document: Document, namespace: str) -> dict[str, str]:
    """The simple properties of one namespace, written as attributes or as elements."""
    found: dict[str, str] = {}
    for description in descriptions(document):
        for attribute in attributes(description):
            if attribute.namespaceURI == namespace and attribute.localName:
                found[attribute.localName] = attribute.value
        for child in elements(description):
            if child.namespaceURI == namespace and child.localName:
                found[child.localName] = _text(child)
    return found


def set_simple(document: Document, namespace: str, prefix: str, values: dict[str, str]) -> None:
    """Write simple properties as attributes of the first description."""
    everything = descriptions(document)
    if not everything:
        raise BrokenXmpError("it has no rdf:Description")
    target = everything[0]
    target.setAttribute(f"xmlns:{prefix}", namespace)
    for name, value in values.items():
        target.setAttributeNS(namespace, f"{prefix}:{name}", value)


def number(text: str | None) -> float | None:
    """A property's value as a number, which may be infinite; None if it is missing or none."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return None if math.isnan(value) else value


def everywhere(document: Document, namespaces: Collection[str], name: str) -> list[dict[str, str]]:
    """Every element, however deep, that has the property ``name``; all its simple properties.

    Properties are attributes or child elements in one of ``namespaces``.
    """
    found = []
    for element in document.getElementsByTagName("*"):
        properties = _properties(element, namespaces)
        if name in properties:
            found.append(properties)
    return found


def _properties(element: Element, namespaces: Collection[str]) -> dict[str, str]:
    properties = {
        attribute.localName: attribute.value
        for attribute in attributes(element)
        if attribute.namespaceURI in namespaces and attribute.localName
    }
    for child in elements(element):
        if child.namespaceURI in namespaces and child.localName:
            properties[child.localName] = _text(child)
    return properties


def merge(document: Document, extension: Document) -> None:
    """Move every top-level property of an extension into the main document."""
    everything = descriptions(document)
    if not everything:
        raise BrokenXmpError("it has no rdf:Description")
    for source in descriptions(extension):
        _declare(source, everything[0])
        for node in members(source):
            _move(document, node, source, everything[0])


def split(document: Document, limit: int) -> tuple[bytes, bytes | None]:
    """The main packet and, if that is longer than ``limit`` bytes, its extension.

    The largest properties move to the extension (XMP specification part 3, §1.1.3.1).
    """
    whole = serialise(document)
    if len(whole) <= limit:
        return whole, None
    extension = empty()
    target = descriptions(extension)[0]
    movable = [
        (len(node.value if isinstance(node, Attr) else node.toxml()), source, node)
        for source in descriptions(document)
        for node in members(source)
    ]
    excess = len(whole) - limit + _GUID_ROOM
    for size, source, node in sorted(movable, key=lambda item: -item[0]):
        _declare(source, target)
        _move(extension, node, source, target)
        excess -= size
        if excess <= 0:
            break
    root = extension.documentElement
    extended = (root.toxml() if root is not None else "").encode()
    guid = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
    set_simple(document, NOTE, "xmpNote", {"HasExtendedXMP": guid})
    return serialise(document), extended


def members(source: Element) -> list[Attr | Element]:
    """The properties of a description, in either way of writing them."""
    nodes: list[Attr | Element] = [*attributes(source), *elements(source)]
    return [node for node in nodes if not _is_declaration(node) and node.namespaceURI != RDF]


def _declare(source: Element, target: Element) -> None:
    """Give the target every namespace prefix that is in force at the source."""
    node: Any = source
    while isinstance(node, Element):
        for attribute in attributes(node):
            if _is_declaration(attribute) and not target.hasAttribute(attribute.name):
                target.setAttribute(attribute.name, attribute.value)
        node = node.parentNode


def _move(document: Document, node: Attr | Element, source: Element, target: Element) -> None:
    if isinstance(node, Attr):
        source.removeAttributeNode(node)
        target.setAttributeNS(node.namespaceURI, node.name, node.value)
    else:
        target.appendChild(document.importNode(source.removeChild(node), True))


def _is_declaration(node: Node) -> bool:
    return isinstance(node, Attr) and (node.name == "xmlns" or node.name.startswith("xmlns:"))


def _text(element: Element) -> str:
    return "".join(node.data for node in element.childNodes if isinstance(node, CharacterData))


def attributes(element: Element) -> list[Attr]:
    """The attributes of an element, namespace declarations too."""
    found = element.attributes
    return [] if found is None else list(found.values())


def elements(element: Element) -> Iterator[Element]:
    """The elements right below one; those reached may be removed on the way."""
    return (node for node in list(element.childNodes) if isinstance(node, Element))
