# SPDX-License-Identifier: MIT
# The gRPC examples' service by grpcio, its messages encoded by hand.
# usage: grpc_peer.py serve          says "listening on http://..."
#        grpc_peer.py talk HOST:PORT  talks in turns, then all at once; exit status 0
import queue
import sys
from concurrent import futures

import grpc

PATH = "/h2conn.Notes/Talk"


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def encode(note):
    text, number = note[0].encode(), note[1] & 0xFFFFFFFFFFFFFFFF
    return b"\x0a" + varint(len(text)) + text + b"\x10" + varint(number)


def decode(data):
    def number(at):
        n = shift = 0
        while True:
            n |= (data[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 128:
                return n, at
    text, count, at = "", 0, 0
    while at < len(data):
        tag = data[at]
        value, at = number(at + 1)
        if tag == 0x0A:
            text, at = data[at:at + value].decode(), at + value
        elif tag == 0x10:
            count = value - (1 << 64) if value >> 63 else value
        else:
            raise ValueError("tag %d" % tag)
    return text, count


def serve():
    def talk(notes, context):
        for text, count in notes:
            if text == "fail":
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "as asked")
            yield text.upper(), count * 2

    handler = grpc.stream_stream_rpc_method_handler(talk, request_deserializer=decode, response_serializer=encode)
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("h2conn.Notes", {"Talk": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("listening on http://127.0.0.1:%d" % port, flush=True)
    server.wait_for_termination()


def talk(address):
    with grpc.insecure_channel(address) as channel:
        call = channel.stream_stream(PATH, request_serializer=encode, response_deserializer=decode)
        asked = queue.Queue()
        answers = call(iter(asked.get, None), timeout=30)
        for i in range(100):  # each answer is awaited before the next question
            asked.put(("note %d" % i, i))
            assert next(answers) == ("NOTE %d" % i, 2 * i)
        asked.put(None)
        assert list(answers) == [] and answers.code() == grpc.StatusCode.OK
        many = [("x" * (i % 200), -i) for i in range(5000)]
        assert list(call(iter(many), timeout=30)) == [(text.upper(), 2 * n) for text, n in many]
        try:
            list(call(iter([("y" * 1000, 1)]), timeout=30))
            raise SystemExit("a note that is too long was taken")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
        other = channel.stream_stream("/h2conn.Notes/Other", request_serializer=encode, response_deserializer=decode)
        try:
            list(other(iter([]), timeout=30))
            raise SystemExit("another method answered")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


serve() if sys.argv[1] == "serve" else talk(sys.argv[2])
