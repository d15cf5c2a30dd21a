/**
 * The player, inside the page: answers WHEP offers with a real peer connection that sends a drawn,
 * moving scene with its time in it, and obeys the control channel. Only for `dev/server.mjs`.
 */

(() => {
  const now = () => Date.now() * 1000;
  const send = window.fetch.bind(window);

  window.fetch = async (url, options = {}) => {
    const [, id] = /^\/whep\/(\d+)/.exec(String(url)) ?? [];
    if (id === undefined || options.method !== "POST") {
      if (String(url).startsWith("/whep")) return new Response(null, { status: 200 });
      if (/clip\.mp4/.test(String(url))) return clip(String(url));
      return send(url, options);
    }
    const at = new URL(url, location.href).searchParams.get("at");
    const sdp = await answer(Number(id), options.body, at === null ? null : Number(at));
    return new Response(sdp, { status: 201, headers: { Location: `/whep/${id}/peer` } });
  };

  function clip(url) {
    if (/cameras\/2\//.test(url))
      return new Response(JSON.stringify({ status: 404, kind: "not-found", detail: "nothing is recorded there" }), { status: 404 });
    return new Response(new Blob([new Uint8Array(4_000_000)]), { status: 200, headers: { "Content-Length": "4000000" } });
  }

  async function answer(id, sdp, at) {
    const peer = new RTCPeerConnection();
    const scene = new Scene(id, at);
    const [track] = scene.canvas.captureStream(15).getTracks();
    peer.addTrack(track);
    peer.ondatachannel = ({ channel }) => scene.attach(channel, peer);
    peer.onconnectionstatechange = () => {
      if (["closed", "failed", "disconnected"].includes(peer.connectionState)) scene.close();
    };
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription(await peer.createAnswer());
    await new Promise((done) => setTimeout(done, 150));
    return peer.localDescription.sdp;
  }

  class Scene {
    constructor(id, at) {
      this.id = id;
      this.mode = at === null ? "live" : "archive";
      this.offset = at === null ? 0 : at - now();
      this.paused = null;
      this.canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
      this.g = this.canvas.getContext("2d");
      this.timer = setInterval(() => this.draw(), 66);
      this.draw();
    }

    close() {
      clearInterval(this.timer);
    }

    get wall() {
      return this.paused ?? now() + this.offset;
    }

    attach(channel, peer) {
      this.say = (message) => channel.readyState === "open" && channel.send(JSON.stringify(message));
      channel.onmessage = ({ data }) => this.obey(JSON.parse(data));
      channel.onopen = () => this.tell(this.mode === "live" ? "live" : "playing");
      // RTP time of what is sent now, as the sender's own statistics have it.
      this.clock = setInterval(async () => {
        if (peer.connectionState !== "connected") return;
        const video = document.querySelector(`video[data-camera="${this.id}"]`);
        video?.requestVideoFrameCallback((_, { rtpTimestamp }) =>
          this.say({ ev: "clock", rtp: rtpTimestamp, wall: Math.round(this.wall - 60_000), k: this.paused ? 0 : 100 / 9, mode: this.mode, seek: this.seek }));
      }, 100);
    }

    tell(state, more = {}) {
      this.say?.({ ev: "state", state, stream: "sub", ...more });
    }

    obey({ op, at }) {
      if (op === "live") Object.assign(this, { mode: "live", offset: 0, paused: null });
      this.seek = op === "seek" ? at : undefined;
      if (op === "seek") Object.assign(this, { mode: "archive", offset: at - now(), paused: this.paused === null ? null : at });
      if (op === "pause") Object.assign(this, { mode: "archive", paused: this.wall });
      if (op === "play" && this.paused !== null) Object.assign(this, { offset: this.paused - now(), paused: null });
      this.tell(this.mode === "live" ? "live" : this.paused === null ? "playing" : "paused");
    }

    draw() {
      const { g, id } = this;
      const t = this.wall / 1e6;
      const sky = g.createLinearGradient(0, 0, 0, 200);
      sky.addColorStop(0, `hsl(${200 + id * 9} 35% ${30 + (id % 4) * 8}%)`);
      sky.addColorStop(1, `hsl(${30 + id * 11} 30% 62%)`);
      g.fillStyle = sky;
      g.fillRect(0, 0, 640, 200);
      for (let n = 0; n < 12; n += 1) {
        g.fillStyle = `hsl(${210 + n * 7} 12% ${22 + ((n * 7 + id) % 5) * 5}%)`;
        const high = 50 + ((n * 37 + id * 53) % 90);
        g.fillRect(n * 56 - 10, 200 - high, 50, high);
      }
      g.fillStyle = "#4a4f4a";
      g.fillRect(0, 200, 640, 160);
      g.fillStyle = "#33373b";
      g.beginPath();
      g.moveTo(240, 200); g.lineTo(400, 200); g.lineTo(640, 360); g.lineTo(0, 360);
      g.fill();
      for (let n = 0; n < 4; n += 1) {
        const along = (t * (0.05 + 0.02 * n) + n / 4 + id / 7) % 1;
        const size = 12 + along * 70;
        g.fillStyle = ["#c9ced4", "#9d2f2f", "#2f5d9d", "#d8b23a"][(n + id) % 4];
        g.fillRect(320 + (n % 2 ? 1 : -1) * (20 + along * 160) - size / 2, 200 + along * 150 - size / 2, size, size * 0.6);
      }
    }
  }
})();
