"""XMP packets (ISO 16684-1): the orientation in them, the restoration record, and what must not survive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from xml.dom import XMLNS_NAMESPACE, minidom
from xml.parsers.expat import ExpatError, ParserCreate

RECORD_SPACE, RECORD_NAME = "urn:upzeroir:restoration:1.0/", "record"
RECORD = (RECORD_SPACE, "upzeroir", RECORD_NAME)
NOTE = "http://ns.adobe.com/xmp/note/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
XMP = "http://ns.adobe.com/xap/1.0/"
SIZES = {(TIFF, "ImageWidth"): 0, (TIFF, "ImageLength"): 1,
         (EXIF, "PixelXDimension"): 0, (EXIF, "PixelYDimension"): 1}  # fmt: skip
BESIDE = {
    "http://ns.google.com/photos/1.0/camera/", "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/depthmap/", "http://ns.google.com/photos/1.0/image/",
    "http://ns.adobe.com/hdr-gain-map/1.0/",
}  # fmt: skip
"""Namespaces that speak of pictures appended to the file: films, depth and gain maps, which a result has not."""
PLACES = {
    "city", "state", "country", "location", "countrycode", "countryname", "provincestate", "sublocation", "worldregion",
    "locationshown", "locationcreated",
}  # fmt: skip
"""Properties of photoshop:, Iptc4xmpCore: and Iptc4xmpExt: that name a place, in small letters."""
EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF + '"/></x:xmpmeta><?xpacket end="w"?>'
)


def orientation(packet: bytes) -> int | None:
    """tiff:Orientation, whatever number stands there; None if it is not there."""
    tree = _parsed(packet)
    for node in _properties(tree) if tree else ():
        if (node.namespaceURI, node.localName) == (TIFF, "Orientation"):
            text = _text(node)
            return int(text) if text.isdecimal() else None
    return None


def record(packet: bytes) -> dict[str, Any] | None:
    """The restoration record in the packet, or None."""
    tree = _parsed(packet)
    for node in _properties(tree) if tree else ():
        if (node.namespaceURI, node.localName) == (RECORD_SPACE, RECORD_NAME):
            try:
                found = json.loads(_text(node))
            except ValueError:
                return None
            return found if isinstance(found, dict) else None
    return None


def for_result(packet: bytes, size: tuple[int, int], place: bool, record: dict[str, Any]) -> bytes:
    """The packet of a result of `size` (w, h): upright, without thumbnails, with the record; with or without the place.

    A packet that is no XML is replaced by a fresh one: what it says about orientation and place cannot be told.
    """
    tree = _parsed(packet) or minidom.parseString(EMPTY)  # noqa: S318 (our own text)
    for node in list(_properties(tree)):
        name = (node.namespaceURI, node.localName)
        stale = name == (XMP, "Thumbnails") or node.namespaceURI in BESIDE
        if stale or (not place and tells_place(node.localName or "")) or name == (RECORD_SPACE, RECORD_NAME):
            _remove(node)
        elif name == (TIFF, "Orientation"):
            _set_text(node, "1")
        elif name in SIZES:
            _set_text(node, str(size[SIZES[name]]))
    _add(tree, RECORD, json.dumps(record, separators=(",", ":")))
    return _bytes(tree)


def tells_place(name: str) -> bool:
    """Whether a property of that name says where the photo was taken."""
    low = name.lower()
    return low.startswith("gps") or low in PLACES


def merged(packet: bytes, extension: bytes) -> bytes:
    """A packet with the properties of its JPEG extension in it; the packet alone if either is no XML."""
    tree, more = _parsed(packet), _parsed(extension)
    if tree is None or more is None:
        return packet
    root = tree.getElementsByTagNameNS(RDF, "RDF")[0]
    for node in list(_properties(tree)):
        if (node.namespaceURI, node.localName) == (NOTE, "HasExtendedXMP"):
            _remove(node)
    for description in list(more.getElementsByTagNameNS(RDF, "RDF")[0].childNodes):
        root.appendChild(tree.importNode(description, True))
    return _bytes(tree)


def split(packet: bytes) -> tuple[bytes, bytes]:
    """A packet too long for one JPEG segment, as (main, extension): the record stays in the main one.

    `main` names the extension by its MD5, as XMP part 3, 1.1.3.1 wants it.
    """
    told = record(packet)
    tree = _parsed(packet) or _parsed(EMPTY.encode())
    if tree is None:
        raise AssertionError("the empty packet is XML")
    for node in list(_properties(tree)):
        if (node.namespaceURI, node.localName) == (RECORD_SPACE, RECORD_NAME):
            _remove(node)
    extension = _bytes(tree)
    name = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    main = minidom.parseString(EMPTY)  # noqa: S318 (our own text)
    _add(main, (NOTE, "xmpNote", "HasExtendedXMP"), name)
    if told is not None:
        _add(main, RECORD, json.dumps(told, separators=(",", ":")))
    return _bytes(main), extension


def _bytes(tree: minidom.Document) -> bytes:
    return "".join(node.toxml() for node in tree.childNodes).encode("utf-8")


def _parsed(packet: bytes) -> minidom.Document | None:
    """The packet as a tree with an rdf:RDF in it; None for anything else. No document types: they can hide bombs."""
    packet = packet.strip(b"\0 \t\r\n")
    try:
        _refuse_types(packet)
        tree = minidom.parseString(packet)  # noqa: S318 (no document type, so no entities)
    except (ExpatError, ValueError, LookupError):
        return None
    return tree if tree.getElementsByTagNameNS(RDF, "RDF") else None


def _refuse_types(packet: bytes) -> None:
    """Raises ValueError for a document type, in whatever encoding it hides, ExpatError for what is no XML."""

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(packet, True)


def _properties(tree: minidom.Document) -> Iterator[Any]:
    """All elements and attributes inside rdf:RDF: XMP writes a simple property in either form."""
    for root in tree.getElementsByTagNameNS(RDF, "RDF"):
        for element in root.getElementsByTagName("*"):
            yield element
            yield from [a for a in element.attributes.values() if a.namespaceURI != XMLNS_NAMESPACE]


def _text(node: Any) -> str:
    if node.nodeType == node.ATTRIBUTE_NODE:
        return str(node.value).strip()
    return "".join(child.data for child in node.childNodes if child.nodeType == child.TEXT_NODE).strip()


def _set_text(node: Any, text: str) -> None:
    if node.nodeType == node.ATTRIBUTE_NODE:
        node.value = text
        return
    for child in list(node.childNodes):
        node.removeChild(child)
    node.appendChild(node.ownerDocument.createTextNode(text))


def _remove(node: Any) -> None:
    if node.nodeType == node.ATTRIBUTE_NODE:
        node.ownerElement.removeAttributeNode(node)
    elif node.parentNode is not None:
        node.parentNode.removeChild(node)


def _add(tree: minidom.Document, name: tuple[str, str, str], text: str) -> None:
    """Add a simple property (namespace, prefix, name) in a description of its own, about what the others are about."""
    root = tree.getElementsByTagNameNS(RDF, "RDF")[0]
    others = root.getElementsByTagNameNS(RDF, "Description")
    about = others[0].getAttributeNS(RDF, "about") if others else ""
    rdf = root.prefix or "rdf"
    description = tree.createElementNS(RDF, f"{rdf}:Description")
    description.setAttributeNS(RDF, f"{rdf}:about", about)
    description.setAttribute(f"xmlns:{rdf}", RDF)
    space, prefix, local = name
    description.setAttribute(f"xmlns:{prefix}", space)
    found = tree.createElementNS(space, f"{prefix}:{local}")
    found.appendChild(tree.createTextNode(text))
    description.appendChild(found)
    root.appendChild(description)
