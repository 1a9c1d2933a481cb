"""XMP in any encoding and wrapping is read; only what is no XMP is dropped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import photo_files as made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus import Photo, read_photo, write_photo
from defocus.formats import stale_xmp, xmp
from defocus.formats.xmp_bytes import normalised
from defocus.photo import Metadata

if TYPE_CHECKING:
    from pathlib import Path

PACKET = made.XMP_PACKET.replace(b'tiff:Orientation="6"', b'tiff:Orientation="1"')
TEXT = PACKET.decode()
BARE = TEXT[TEXT.index("<x:xmpmeta") : TEXT.index("<?xpacket end")]
RDF = BARE[BARE.index("<rdf:RDF") : BARE.index("</x:xmpmeta>")]


def caption(packet: bytes | None) -> str:
    assert packet is not None
    found = xmp.parse(packet).getElementsByTagName("rdf:li")[0].firstChild
    assert found is not None
    return str(found.nodeValue)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("text", [TEXT, BARE, RDF, "\n  " + RDF, TEXT.replace("\ufeff", "")])
def test_any_encoding_and_wrapper(text: str, encoding: str) -> None:
    packet, notes = stale_xmp.clean(text.replace(made.CAPTION, "Straße 東京").encode(encoding))
    assert notes == []
    assert caption(packet) == "Straße 東京"


@pytest.mark.parametrize("packet", [PACKET, BARE.encode(), RDF.encode(), PACKET + b"\n" * 40])
def test_utf_8_stays_byte_for_byte(packet: bytes) -> None:
    assert stale_xmp.clean(packet) == (packet, [])
    assert stale_xmp.clean(packet + bytes(500)) == (packet, [])


def test_padding_inside_the_packet_stays() -> None:
    padded = PACKET.replace(b"<?xpacket end", b" " * 2000 + b"\n<?xpacket end")
    assert stale_xmp.clean(padded) == (padded, [])


@pytest.mark.parametrize(
    "tail",
    [
        b'li>\n <rdf:Description x="1">',
        b"</x:xmpmeta><?xpacket end='w'?>",
        b"\0\0\0<garbage",
        b"\xff\xd8\xff\xe0",
        PACKET[100:],
    ],
)
@pytest.mark.parametrize(
    "head", [b"", b"\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"\xef\xbb\xbf", b"\n"]
)
def test_what_stands_around_the_packet_is_cut_off(head: bytes, tail: bytes) -> None:
    packet, notes = stale_xmp.clean(head + PACKET + tail)
    assert notes == []
    assert packet == PACKET


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_windows_programs_took_for_utf_8(encoding: str) -> None:
    packet, notes = stale_xmp.clean(BARE.replace(made.CAPTION, "Café Müller").encode(encoding))
    assert notes == []
    assert caption(packet) == "Café Müller"


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "utf-8", "windows-1252"])
def test_a_declared_encoding_is_believed(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + BARE.replace(made.CAPTION, "Café")
    packet, notes = stale_xmp.clean(text.encode(encoding))
    assert notes == []
    assert caption(packet) == "Café"


@pytest.mark.parametrize("packet", [b"<x:xmpmeta", b"hello", BARE.encode()[:-30], b"\xff\xfe<"])
def test_what_is_no_packet_is_dropped_with_a_note(packet: bytes) -> None:
    kept, notes = stale_xmp.clean(packet)
    assert kept is None
    assert len(notes) == 1
    assert notes[0].startswith("XMP dropped")


@given(
    st.binary(max_size=300), st.sampled_from([b"", PACKET[:200], PACKET]), st.binary(max_size=50)
)
def test_nothing_breaks_it(head: bytes, middle: bytes, tail: bytes) -> None:
    found = normalised(head + middle + tail)
    assert isinstance(found, bytes)
    kept, notes = stale_xmp.clean(head + middle + tail)
    assert (kept is None) == bool(notes) or not head + middle + tail


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif", "heic"])
def test_a_packet_in_another_encoding_is_in_the_result(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pillow_heif")
    encoded = made.with_segments(made.jpeg(made.picture()), made.xmp_segment(TEXT.encode("utf-16")))
    (tmp_path / "a.jpg").write_bytes(encoded)
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.meta.notes == ()
    again = read_photo(write_photo(photo, tmp_path / f"b.{suffix}"))
    assert caption(again.meta.xmp) == made.CAPTION


# ------------------------------------------------------------------------- small, claiming much


@pytest.mark.parametrize(
    "body",
    [
        "<a " + " ".join(f'b{k}="1"' for k in range(990_000)) + "/>",
        "<a " + " ".join(f"b{k}='1'" for k in range(990_000)) + "/>",
        "<a " + " ".join(f'b{k} = "1"' for k in range(990_000)) + "/>",
        "<a/>" * 200_000,
        "<a>" * 20_000 + "</a>" * 20_000,
        "<!-- -->" * 300_000,
    ],
)
def test_packets_that_take_long_are_dropped(body: str) -> None:
    start = time.process_time()
    kept, notes = stale_xmp.clean(made.packet("", body))
    assert kept is None
    assert len(notes) == 1
    assert time.process_time() - start < 5


def test_a_large_packet_of_a_raw_converter_is_kept() -> None:
    masks = "".join(f'<m w="{k}" x="0.5" y="0.5" r="2" f="1"/>' for k in range(8000))
    packet = made.packet('xmlns:c="http://x/"', f"<c:masks>{masks}</c:masks>")
    assert stale_xmp.clean(packet) == (packet, [])


def test_a_photo_with_a_large_depth_in_xmp_is_no_bomb(tmp_path: Path) -> None:
    text = "A" * 3_000_000
    packet = made.packet('xmlns:c="http://x/"', f"<c:data>{text}</c:data>")
    photo = Photo(made.picture(), meta=Metadata("png", xmp=packet))
    assert read_photo(write_photo(photo, tmp_path / "a.png")).meta.xmp == packet
