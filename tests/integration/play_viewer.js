// The browser's side of a test: one peer connection, its control channel, every picture it presents.
(() => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  window.heard = [];
  const pieces = [];
  let latest = null, count = 0, accepted = 0, first = null, channel = null;

  const int32 = (value) => value | 0;
  const pieceOf = (rtp) => {
    let found = pieces[0] ?? null;
    for (const piece of pieces) if (int32(rtp - piece.rtp) >= 0) found = piece;
    const next = pieces[pieces.length - 1];
    const hidden = next?.burst !== undefined && int32(rtp - next.burst) >= 0 && int32(rtp - next.rtp) < 0;
    return { piece: found, hidden };
  };
  const picture = (now, data) => {
    count += 1;
    first ??= performance.now() - accepted;
    latest = { rtp: data.rtpTimestamp, width: data.width, height: data.height };
    video.requestVideoFrameCallback(picture);
  };
  video.requestVideoFrameCallback(picture);

  // `before`: what stands before video in the offer: "audio", "data" or nothing.
  window.offer = async (before) => {
    window.peer = new RTCPeerConnection({ alwaysNegotiateDataChannels: before === "data" });
    if (before === "audio") peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addTransceiver("video", { direction: "recvonly" });
    channel = peer.createDataChannel("control");
    channel.onmessage = (event) => {
      const message = JSON.parse(event.data);
      heard.push(message);
      if (message.ev === "clock") pieces.push(message);
    };
    peer.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); };
    await peer.setLocalDescription(await peer.createOffer());
    return peer.localDescription.sdp;
  };
  window.accept = async (sdp) => {
    accepted = performance.now();
    await peer.setRemoteDescription({ type: "answer", sdp });
  };
  window.channelState = () => channel.readyState;
  window.say = (text) => channel.send(text);
  window.shown = () => {
    if (!latest) return { code: 0, count, first, hidden: true };
    canvas.width = latest.width;
    canvas.height = latest.height;
    drawing.drawImage(video, 0, 0, latest.width, latest.height);
    const code = readTimecode(drawing.getImageData(0, 0, latest.width, latest.height)) ?? 0;
    const { piece, hidden } = pieceOf(latest.rtp);
    const wall = piece ? piece.wall + int32(latest.rtp - piece.rtp) * piece.k : null;
    return { code, wall, hidden, count, first, width: latest.width, mode: piece?.mode ?? null };
  };
  window.inbound = async () => {
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === "inbound-rtp") return { ...entry };
    }
    return null;
  };
})();
