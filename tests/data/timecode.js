// Reads the time code of a simulated camera's picture (layout: vms/demo/timecode.py).
// imageData: {data: RGBA bytes, width, height} of the whole picture at any scale from 160 columns on.
// Returns milliseconds since 1970 UTC (below 60000: a looped camera, milliseconds within the minute)
// or null when there is no code or it cannot be trusted.
function readTimecode(imageData) {
  const { data, width, height } = imageData;
  const block = width / 80;
  if (block < 1 || height < block) return null;
  const middle = (start) => {
    const first = Math.floor(start + block * 0.3);
    return [first, Math.max(first + 1, Math.ceil(start + block * 0.7))];
  };
  const [top, bottom] = middle(0);
  const level = (index) => {
    const [left, right] = middle((8 + index) * block);
    let sum = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = 4 * (y * width + x);
        sum += 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
      }
    }
    return sum / ((bottom - top) * (right - left));
  };
  const levels = Array.from({ length: 64 }, (_, index) => level(index));
  const sync = [1, 0, 1, 1, 0, 0, 1, 0];
  const mean = (bit) => {
    const chosen = levels.slice(0, 8).filter((_, index) => sync[index] === bit);
    return chosen.reduce((sum, value) => sum + value, 0) / chosen.length;
  };
  const white = mean(1), black = mean(0);
  if (white - black < 48) return null;
  const octets = [];
  for (let octet = 0; octet < 8; octet++) {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) {
      value = value * 2 + (levels[octet * 8 + bit] > (white + black) / 2 ? 1 : 0);
    }
    octets.push(value);
  }
  let crc = 0xff;
  for (const octet of octets.slice(1, 7)) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 0x107 : 0)) & 0xff;
  }
  if (octets[0] !== 0xb2 || octets[7] !== crc) return null;
  return octets.slice(1, 7).reduce((millis, octet) => millis * 256 + octet, 0);
}
