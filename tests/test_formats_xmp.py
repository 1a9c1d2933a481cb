from __future__ import annotations

import photo_files as made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus.formats import stale_xmp, xmp
from defocus.formats.exif import BrokenExifError, ExifBlock
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture

GCAMERA = 'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"'


def test_an_ordinary_packet_stays_byte_for_byte_but_for_the_rotation() -> None:
    packet, notes = stale_xmp.clean(made.XMP_PACKET)
    assert packet == made.XMP_PACKET.replace(b'Orientation="6"', b'Orientation="1"')
    assert notes == []


def test_a_rotation_written_as_an_element_is_reset_too() -> None:
    packet = made.packet(
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"', "<tiff:Orientation>8</tiff:Orientation>"
    )
    cleaned, _ = stale_xmp.clean(packet)
    assert cleaned == packet.replace(b">8<", b">1<")


@pytest.mark.parametrize(
    ("attributes", "note"),
    [
        (f'{GCAMERA} GCamera:MicroVideo="1" GCamera:MicroVideoOffset="9"', "motion clip"),
        ('xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"', None),
        ('xmlns:c="http://ns.google.com/photos/1.0/container/" c:Directory="x"', None),
    ],
)
def test_what_is_not_in_the_result_goes(attributes: str, note: str | None) -> None:
    rating = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"'
    cleaned, notes = stale_xmp.clean(made.packet(f"{attributes} {rating}"))
    assert cleaned is not None
    assert b'xmp:Rating="2"' in cleaned
    assert b"MicroVideoOffset" not in cleaned
    assert b"Version" not in cleaned
    assert notes == ([] if note is None else [f"{note} is not carried over"])
    assert stale_xmp.clean(made.packet(attributes))[0] is None  # nothing is left of this one


def test_prefixes_and_structure_survive_a_removal() -> None:
    body = (
        '<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt>'
        '<rdf:li xml:lang="de">Straße &amp; Weg</rdf:li></rdf:Alt></dc:title>'
    )
    cleaned, _ = stale_xmp.clean(made.packet(f'{GCAMERA} GCamera:MicroVideo="1"', body))
    assert cleaned is not None
    assert body.encode() in cleaned


@pytest.mark.parametrize(
    "packet",
    [
        b"<x",
        b"<a/>" * 30_000,
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        b"<x>" * 2000 + b"</x>" * 2000,
        b"\xff\xfe\xfd",
        b'<?xml version="1.0" encoding="no-such"?><x/>',
    ],
)
def test_damaged_and_hostile_packets_are_dropped_with_a_note(packet: bytes) -> None:
    cleaned, notes = stale_xmp.clean(packet)
    assert cleaned is None
    assert notes[0].startswith("XMP dropped")


def test_no_packet() -> None:
    assert stale_xmp.clean(None) == (None, [])
    assert stale_xmp.clean(b"") == (None, [])


@given(st.binary(max_size=200))
def test_rubbish_is_never_an_error(rubbish: bytes) -> None:
    stale_xmp.clean(rubbish)
    stale_xmp.clean(b"<x:xmpmeta>" + rubbish)


@pytest.mark.parametrize("limit", [400, 700, 2000])
def test_split_and_merge_are_inverse(limit: int) -> None:
    values = {f"p{k}": "v" * (k * 100) for k in range(8)}
    document = xmp.empty()
    xmp.set_simple(document, "urn:test", "t", values)
    main, extended = xmp.split(document, limit)
    assert extended is not None
    assert len(main) <= max(limit, 600)
    again = xmp.parse(main)
    xmp.merge(again, xmp.parse(extended))
    assert xmp.simple(again, "urn:test") == values


def test_a_short_packet_is_not_split() -> None:
    document = xmp.empty()
    xmp.set_simple(document, "urn:test", "t", {"a": "b"})
    main, extended = xmp.split(document, 10_000)
    assert extended is None
    assert xmp.simple(xmp.parse(main), "urn:test") == {"a": "b"}


# ------------------------------------------------------------------------- EXIF


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_changes_only_what_it_must(orientation: int) -> None:
    before = made.exif(orientation, size_wh=(48, 32))
    block = ExifBlock(before)
    assert block.orientation == orientation
    block.make_upright((32, 48))
    after = block.tobytes()
    assert len(after) == len(before)
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    assert changed == (orientation != 1) + 2  # the tag, and the two sizes
    assert ExifBlock(after).orientation == 1


def test_the_orientation_tag_can_be_taken_out() -> None:
    block = ExifBlock(made.exif(6))
    block.drop_orientation()
    again = ExifBlock(block.tobytes())
    assert again.orientation in (None, 1)
    assert len(again.tobytes()) == len(made.exif(6))
    again.make_upright((1, 1))
    assert again.tobytes().count(made.MAKER_NOTE) == 1
    block.drop_orientation()  # twice is harmless
    assert block.tobytes() == ExifBlock(block.tobytes()).tobytes()


def test_a_thumbnail_in_the_middle_is_blanked() -> None:
    before = made.exif(thumbnail=True) + b"something behind it"
    block = ExifBlock(before)
    assert block.drop_thumbnail()
    after = block.tobytes()
    assert len(after) == len(before)
    assert b"\xff\xd8\xff" not in after
    assert after.endswith(b"something behind it")


@pytest.mark.parametrize("value", [0, 9, 77])
def test_an_orientation_without_sense_says_nothing(value: int) -> None:
    assert ExifBlock(made.exif(value)).orientation is None


@pytest.mark.parametrize(
    "block", [b"", b"II", b"XX*\0\x08\0\0\0", b"II*\0\x08\0\0\0\xff\xff", b"II*\0\0\0\0\0\0\0\0\0"]
)
def test_broken_exif(block: bytes) -> None:
    with pytest.raises(BrokenExifError):
        ExifBlock(block)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_damaged_exif_is_cleaned_or_dropped(at: int, patch: bytes) -> None:
    data = bytearray(made.exif(6, thumbnail=True))
    data[at : at + len(patch)] = patch
    picture = Picture(made.picture())
    photo = assemble(Parts("jpeg", picture, exif=bytes(data)))
    if photo.meta.exif is None:
        assert "EXIF dropped" in photo.meta.notes[0]
    else:
        again = ExifBlock(photo.meta.exif)
        assert again.orientation in (None, 1)
        again.drop_orientation()
        assert not again.drop_thumbnail()


@pytest.mark.parametrize("name", ["xmp:Thumbnails", "xap:Thumbnails"])
@pytest.mark.parametrize("kept", ['xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="a"', ""])
def test_a_small_picture_of_the_sharp_photo_does_not_survive(name: str, kept: str) -> None:
    prefix = name.split(":")[0]
    spaces = f'xmlns:{prefix}="http://ns.adobe.com/xap/1.0/" xmlns:i="http://ns.adobe.com/xap/1.0/g/img/"'
    item = (
        '<rdf:li rdf:parseType="Resource"><i:width>9</i:width><i:image>/9j/4AAQ</i:image></rdf:li>'
    )
    body = f"<{name}><rdf:Alt>{item}</rdf:Alt></{name}>"
    cleaned, notes = stale_xmp.clean(made.packet(f"{spaces} {kept}", body))
    assert notes == []
    assert b"4AAQ" not in (cleaned or b"")
    assert (cleaned is not None) == bool(kept)
