"""A 5×7 bitmap font for the clock in simulated pictures: letters, digits, a little punctuation.

Pure. One glyph is seven rows of five bits, written as seven two-digit hexadecimal numbers, the
leftmost column being the highest of the five bits.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 5, 7

_ROWS_OF = {
    " ": "00000000000000", ".": "00000000000C0C", ",": "000000000C0408", ":": "000C0C000C0C00",
    "-": "0000001F000000", "/": "00010204081000", "'": "0C040800000000", "+": "0004041F040400",
    "(": "02040808080402", ")": "08040202020408", "?": "0E110102040004", "_": "0000000000001F",
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808",
    "8": "0E11110E11110E", "9": "0E11110F01020C",
    "A": "0E1111111F1111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1C12111111121C",
    "E": "1F10101E10101F", "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111",
    "I": "0E04040404040E", "J": "0702020202120C", "K": "11121418141211", "L": "1010101010101F",
    "M": "111B1515111111", "N": "11111915131111", "O": "0E11111111110E", "P": "1E11111E101010",
    "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111",
    "Y": "1111110A040404", "Z": "1F01020408101F",
    "a": "00000E010F110F", "b": "1010161911111E", "c": "00000E1010110E", "d": "01010D1311110F",
    "e": "00000E111F100E", "f": "0609081C080808", "g": "000F11110F010E", "h": "10101619111111",
    "i": "04000C0404040E", "j": "0200060202120C", "k": "10101214181412", "l": "0C04040404040E",
    "m": "00001A15151111", "n": "00001619111111", "o": "00000E1111110E", "p": "00001E111E1010",
    "q": "00000D130F0101", "r": "00001619101010", "s": "00000E100E011E", "t": "08081C08080906",
    "u": "0000111111130D", "v": "00001111110A04", "w": "0000111115150A", "x": "0000110A040A11",
    "y": "000011110F010E", "z": "00001F0204081F",
}  # fmt: skip
_CODE_OF = {character: code for code, character in enumerate(_ROWS_OF)}


def rasterise(text: str, scale: int, *, ink: int, outline: int) -> NDArray[np.uint8]:
    """`text` in one line of luma: `ink` letters with a rim of `outline`, 0 where it is clear.

    A character that the font lacks becomes "?".
    """
    codes = [_CODE_OF.get(character, _CODE_OF["?"]) for character in text]
    cells = _atlas(scale, ink, outline)[codes]
    return cells.transpose(1, 0, 2).reshape(cells.shape[1], -1)


@cache
def _atlas(scale: int, ink: int, outline: int) -> NDArray[np.uint8]:
    return np.stack([_cell(rows, scale, ink, outline) for rows in _ROWS_OF.values()])


def _cell(rows: str, scale: int, ink: int, outline: int) -> NDArray[np.uint8]:
    rim = max(1, scale // 2)
    glyph = _bits(rows).repeat(scale, axis=0).repeat(scale, axis=1)
    width = max((COLUMNS + 1) * scale, COLUMNS * scale + 2 * rim)
    inside = np.zeros((ROWS * scale + 2 * rim, width), bool)
    inside[rim : rim + glyph.shape[0], rim : rim + glyph.shape[1]] = glyph
    grown = np.zeros_like(inside)
    for down in range(-rim, rim + 1):
        for right in range(-rim, rim + 1):
            grown |= np.roll(inside, (down, right), (0, 1))
    return np.where(inside, ink, np.where(grown, outline, 0)).astype(np.uint8)


def _bits(rows: str) -> NDArray[np.bool_]:
    octets = np.frombuffer(bytes.fromhex(rows), np.uint8)
    return np.unpackbits(octets[:, None], axis=1)[:, -COLUMNS:].astype(bool)
