# SPDX-License-Identifier: MIT
# WebSocket over HTTP/2 by hyper-h2 and wsproto, to meet h2cat --websocket.
# usage: websocket_peer.py serve           echoes messages; says "listening on http://..."
#        websocket_peer.py talk URL        sends messages of all kinds and compares what comes back; exit status 0
import socket
import sys
import threading

import h2.config
import h2.connection
import h2.events
import h2.settings
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage


class Stream:
    """One HTTP/2 connection with one stream: octets out, events in."""

    def __init__(self, sock, client):
        self.sock, self.id, self.got, self.ended = sock, None, b"", False
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=client, header_encoding="utf-8"))
        if not client:
            self.h2.local_settings = h2.settings.Settings(
                client=False, initial_values={h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})
        self.h2.initiate_connection()
        self.headers = self.extended = None
        self.flush()

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def pump(self):
        data = self.sock.recv(65536)
        if not data:
            raise SystemExit("the connection ended")
        for event in self.h2.receive_data(data):
            if isinstance(event, (h2.events.RequestReceived, h2.events.ResponseReceived)):
                self.id, self.headers = event.stream_id, dict(event.headers)
            elif isinstance(event, h2.events.RemoteSettingsChanged):
                self.extended = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL in event.changed_settings
            elif isinstance(event, h2.events.DataReceived):
                self.got += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended = True
            elif isinstance(event, h2.events.StreamReset):
                raise SystemExit("reset with code %d" % event.error_code)
        self.flush()

    def send(self, data, end=False):
        while data:
            room = min(self.h2.local_flow_control_window(self.id), self.h2.max_outbound_frame_size, len(data))
            if room:
                self.h2.send_data(self.id, data[:room])
                data = data[room:]
                self.flush()
            else:
                self.pump()
        if end:
            self.h2.end_stream(self.id)
            self.flush()


def serve_one(sock):
    stream = Stream(sock, client=False)
    while stream.headers is None:
        stream.pump()
    assert stream.headers[":method"] == "CONNECT" and stream.headers[":protocol"] == "websocket", stream.headers
    assert stream.headers["sec-websocket-version"] == "13"
    stream.h2.send_headers(stream.id, [(":status", "200")])
    stream.flush()
    ws = Connection(ConnectionType.SERVER)
    while True:
        data, stream.got = stream.got, b""
        ws.receive_data(data)
        for event in ws.events():
            if isinstance(event, TextMessage):
                # In fragments, with a ping between them.
                stream.send(ws.send(TextMessage(event.data, message_finished=False)))
                stream.send(ws.send(Ping(b"between")))
                stream.send(ws.send(TextMessage("", message_finished=event.message_finished)))
            elif isinstance(event, BytesMessage):
                stream.send(ws.send(BytesMessage(bytes(event.data), message_finished=event.message_finished)))
            elif isinstance(event, CloseConnection):
                stream.send(ws.send(event.response()), end=True)
                return
        stream.pump()


def serve():
    listening = socket.create_server(("127.0.0.1", 0))
    print("listening on http://127.0.0.1:%d" % listening.getsockname()[1], flush=True)
    while True:
        sock, _ = listening.accept()
        threading.Thread(target=serve_one, args=(sock,), daemon=True).start()


def talk(url):
    host, port = url.removeprefix("http://").split(":")
    stream = Stream(socket.create_connection((host, int(port))), client=True)
    while stream.extended is None:
        stream.pump()
    assert stream.extended, "the server does not offer extended CONNECT"
    stream.id = 1
    stream.h2.send_headers(1, [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                               (":path", "/"), (":authority", host), ("sec-websocket-version", "13")])
    stream.flush()
    while stream.headers is None:
        stream.pump()
    assert stream.headers[":status"] == "200", stream.headers
    ws = Connection(ConnectionType.CLIENT)

    def receive(done):
        while True:
            data, stream.got = stream.got, b""
            ws.receive_data(data)
            for event in ws.events():
                if done(event):
                    return
            stream.pump()

    for message in ("", "x", "gr\u00fc\u00df \U0001f600" * 50, "a" * 300000, b"", b"\xff\x00", b"b" * 70000):
        text, back = isinstance(message, str), []
        kind = TextMessage if text else BytesMessage
        half = len(message) // 2
        stream.send(ws.send(kind(message[:half], message_finished=False)))
        stream.send(ws.send(Ping(b"p")))
        stream.send(ws.send(kind(message[half:])))
        pongs = []

        def done(event):
            if isinstance(event, Pong):
                pongs.append(bytes(event.payload))
                return False
            assert isinstance(event, kind), event
            back.append(event.data if text else bytes(event.data))
            return event.message_finished

        receive(done)
        assert ("" if text else b"").join(back) == message, "%r came back wrong" % message[:20]
        assert all(pong == b"p" for pong in pongs)
    stream.send(ws.send(CloseConnection(3333, "enough")))
    codes = []

    def closed(event):
        if isinstance(event, CloseConnection):
            codes.append(event.code)
        return bool(codes)

    receive(closed)
    assert codes == [3333], codes
    stream.send(b"", end=True)
    while not stream.ended:
        stream.pump()


serve() if sys.argv[1] == "serve" else talk(sys.argv[2])
