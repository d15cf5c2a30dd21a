"""Media syntax: access units, NAL units, H.264, H.265, audio, fragmented MP4. Pure, sans-I/O.

Inside the house a video access unit is the NAL units as the camera sent them, in order, each behind
its length in four big-endian bytes (ISO/IEC 14496-15 "length prefixed"). Nothing is dropped, added
or reordered: SEI, camera signatures and repeated parameter sets are kept byte for byte.
"""
