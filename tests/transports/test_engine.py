"""What the engine does when the carrier is not there, or is not the carrier."""

import asyncio
import json
import socket
from dataclasses import replace

import pytest
from aiohttp import web

from transports import port
from transports.cloud_api import wire
from transports.cloud_api.engine import CloudEngine
from transports.cloud_api.send import payload_of, receipt_of
from transports.port import FlowButton, FromTemplate, Gap, Interactive, Line, OutgoingMessage, Template, Text

LINE = Line("100", "200", "http://127.0.0.1:1", "v25.0", "the-token", "secret", "verify", timeout_seconds=5.0)
HELLO = OutgoingMessage("+447911123456", "attempt-1", Text("Hello"))
ACCEPTED = b'{"contacts":[{"input":"+44","wa_id":"447911123456"}],"messages":[{"id":"w1"}]}'


def outcome(line: Line, *, times: int = 1) -> list:
    """What comes of `times` sends over a line."""

    async def every() -> list:
        engine = CloudEngine()
        try:
            return [await one(engine, line) for _ in range(times)]
        finally:
            await engine.close()

    return asyncio.run(every())


async def one(engine: CloudEngine, line: Line):
    try:
        return await engine.send(line, HELLO)
    except port.SendFailed as refusal:
        return refusal


def against(handler, *, times: int = 1, **changes) -> list:
    """What comes of sends to a server that answers with `handler`."""

    async def every() -> list:
        server = web.Server(handler)
        listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        line = replace(LINE, base_url=f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", **changes)
        engine = CloudEngine()
        try:
            return [await one(engine, line) for _ in range(times)]
        finally:
            await engine.close()
            listening.close()
            server.pre_shutdown()
            await server.shutdown(1)

    return asyncio.run(every())


def answering(body: bytes, status: int = 200, **headers: str):
    """A handler that always answers this."""

    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return handler


class TestNeverLeft:
    def test_a_refused_connection_never_left(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
            [refusal] = outcome(replace(LINE, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"))

        assert type(refusal) is port.NeverLeft

    def test_a_name_nobody_knows_never_left(self):
        assert type(outcome(replace(LINE, base_url="http://graph.invalid"))[0]) is port.NeverLeft

    def test_no_tls_on_the_other_side_never_left(self):
        async def every():
            listening = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
            line = replace(LINE, base_url=f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
            engine = CloudEngine()
            result = await one(engine, line)
            await engine.close()
            listening.close()
            return result

        assert type(asyncio.run(every())) is port.NeverLeft

    def test_a_message_that_cannot_be_written_is_refused_and_no_doubt(self, monkeypatch):
        monkeypatch.setattr("tests.transports.test_engine.HELLO", replace(HELLO, content=Interactive("Rate us", FlowButton(
            "Rate", "11", screen="START", data_json="{bad"))))

        [refusal] = outcome(LINE)
        assert isinstance(refusal, port.RequestRefused) and refusal.code == "message"

    def test_a_simulator_that_is_not_running_yet_never_left(self):
        assert type(outcome(replace(LINE, base_url=""))[0]) is port.NeverLeft

    @pytest.mark.parametrize("address", ["graph.facebook.com", "ftp://127.0.0.1", "http://", "http://[", "http://a:b"])
    def test_an_address_that_is_none_pauses_the_channel(self, address):
        assert type(outcome(replace(LINE, base_url=address))[0]) is port.ChannelRefused

    @pytest.mark.parametrize("token", ["two\nlines", "t\u00f6ken"])
    def test_a_token_that_is_none_pauses_the_channel(self, token):
        assert type(outcome(replace(LINE, token=token))[0]) is port.ChannelRefused


class TestCutWhileWriting:
    @pytest.mark.parametrize("reads, found", [(False, wire.Unreached), (True, TimeoutError)])
    def test_only_a_request_that_was_never_written_whole_counts_as_never_left(self, reads, found):
        assert type(asyncio.run(self.error_of(b"x" * 20_000_000, reads=reads))) is found

    @pytest.mark.parametrize("reads, found", [(False, wire.Unreached), (True, wire.Lost)])
    def test_the_same_when_the_other_side_ends_it(self, reads, found):
        assert type(asyncio.run(self.error_of(b"x" * 20_000_000, reads=reads, ends=True))) is found

    async def error_of(self, request: bytes, *, reads: bool, ends: bool = False):
        """What becomes of a long request to somebody who never answers."""

        async def served(reader, writer):
            if reads:
                await reader.readexactly(len(request))
            if ends:
                writer.transport.abort()

        server = await asyncio.start_server(served, "127.0.0.1", 0)
        wires, origin = wire.Wires(), wire.Origin("127.0.0.1", server.sockets[0].getsockname()[1], False)
        try:
            return await wires.ask(origin, request, seconds=0.5 if not ends else 20.0, connect_seconds=5.0)
        except (TimeoutError, wire.Unreached, wire.Lost) as error:
            return error
        finally:
            server.close()


class TestDoubt:
    @pytest.mark.parametrize("body", [
        b"", b"null", b"[]", b"{}", b'{"messages":[]}', b'{"messages":[{"id":""}]}', b'{"messages":[{"id":7}]}',
        b'{"messages":{"id":"w"}}', b'{"messages":["w"]}', b"\xff", b"[" * 100_000, b'{"error":{"code":190}}',
        b'{"messages":[{"id":"' + b"w" * 300 + b'"}]}'])
    def test_a_200_without_a_message_id_is_unknown(self, body):
        assert type(against(answering(body))[0]) is port.OutcomeUnknown

    def test_more_than_a_megabyte_is_unknown(self):
        assert type(against(answering(b" " * 1_100_000 + ACCEPTED))[0]) is port.OutcomeUnknown

    def test_a_reset_is_unknown_and_the_message_is_not_sent_twice(self):
        asked = []

        async def reset(request: web.BaseRequest) -> web.Response:
            asked.append(await request.read())
            request.transport.abort()
            return web.Response()

        assert type(against(reset)[0]) is port.OutcomeUnknown
        assert len(asked) == 1

    def test_a_kept_connection_that_breaks_is_unknown_and_not_repeated(self):
        asked = []

        async def second_time_broken(request: web.BaseRequest) -> web.Response:
            asked.append(await request.read())
            if len(asked) == 2:
                request.transport.abort()
            return web.Response(body=ACCEPTED)

        results = against(second_time_broken, times=3)

        assert [type(result) for result in results] == [port.Receipt, port.OutcomeUnknown, port.Receipt]
        assert len(asked) == 3

    def test_silence_is_unknown(self):
        async def silent(_request: web.BaseRequest) -> web.Response:
            await asyncio.Event().wait()
            return web.Response()

        [result] = against(silent, timeout_seconds=0.2)

        assert (type(result), result.code) == (port.OutcomeUnknown, "timeout")

    def test_something_that_speaks_no_http_is_unknown(self):
        async def every():
            async def babble(reader, writer):
                await reader.read(100)
                writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
                writer.close()

            listening = await asyncio.start_server(babble, "127.0.0.1", 0)
            engine = CloudEngine()
            result = await one(engine, replace(LINE, base_url=(
                f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")))
            await engine.close()
            listening.close()
            return result

        assert type(asyncio.run(every())) is port.OutcomeUnknown


class TestRequest:
    def test_it_is_a_post_with_the_token_to_the_versioned_address(self):
        seen = {}

        async def look(request: web.BaseRequest) -> web.Response:
            seen.update(method=request.method, path=request.path, token=request.headers["Authorization"],
                        kind=request.headers["Content-Type"], body=json.loads(await request.read()))
            return web.Response(body=ACCEPTED)

        [receipt] = against(look)

        assert (receipt.wire_id, receipt.wa_id) == ("w1", "447911123456")
        assert seen == {
            "method": "POST", "path": "/v25.0/100/messages", "token": "Bearer the-token", "kind": "application/json",
            "body": {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+447911123456",
                     "biz_opaque_callback_data": "attempt-1", "type": "text", "text": {"body": "Hello"}}}

    def test_connections_are_kept(self):
        ports = set()

        async def look(request: web.BaseRequest) -> web.Response:
            ports.add(request.transport.get_extra_info("peername"))
            return web.Response(body=ACCEPTED)

        against(look, times=5)

        assert len(ports) == 1

    def test_a_proxy_of_the_environment_is_not_used(self, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

        assert type(against(answering(ACCEPTED))[0]) is port.Receipt

    def test_named_values_carry_their_names(self):
        message = OutgoingMessage("+44", "a", FromTemplate(Template("hello", "en_GB", body=(Gap("first_name"),)), ("Ana",)))

        assert json.loads(payload_of(message))["template"] == {
            "name": "hello", "language": {"code": "en_GB"}, "components": [{"type": "body", "parameters": [
                {"type": "text", "text": "Ana", "parameter_name": "first_name"}]}]}

    def test_counted_values_carry_none(self):
        message = OutgoingMessage("+44", "a", FromTemplate(Template("hello", "en_GB", body=(Gap(),)), ("Ana",)))

        assert json.loads(payload_of(message))["template"]["components"][0]["parameters"] == [
            {"type": "text", "text": "Ana"}]

    def test_a_template_without_variables_has_no_components(self):
        message = OutgoingMessage("+44", "a", FromTemplate(Template("hello", "en_GB")))

        assert "components" not in json.loads(payload_of(message))["template"]

    def test_odd_characters_travel_as_plain_ascii(self):
        assert payload_of(replace(HELLO, content=Text("é🚲\ud800\x00"))).isascii()

    def test_a_held_message_says_so(self):
        assert receipt_of(b'{"messages":[{"id":"w","message_status":"held_for_quality_assessment"}]}').held


class TestConnections:
    def test_one_that_the_carrier_ends_is_not_used_again(self):
        ports = []

        async def ending(request: web.BaseRequest) -> web.Response:
            ports.append(request.transport.get_extra_info("peername"))
            answer = web.Response(body=ACCEPTED)
            answer.force_close()
            return answer

        results = against(ending, times=3)

        assert [type(result) for result in results] == [port.Receipt] * 3
        assert len(set(ports)) == 3

    def test_one_that_was_closed_while_idle_costs_no_doubt(self):
        async def every() -> list:
            server = web.Server(answering(ACCEPTED))
            listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
            line = replace(LINE, base_url=f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
            engine = CloudEngine()
            results = [await one(engine, line)]
            for connection in server.connections:
                connection.force_close()
            await asyncio.wait_for(gone(server), 5)
            results.append(await one(engine, line))
            await engine.close()
            listening.close()
            await server.shutdown(1)
            return results

        async def gone(server: web.Server) -> None:
            while server.connections:
                await asyncio.sleep(0)
            for _ in range(20):  # turns of the loop, until the client has read the end of its connection
                await asyncio.sleep(0)

        assert [type(result) for result in asyncio.run(every())] == [port.Receipt] * 2

    def test_one_that_nobody_needs_is_closed(self, monkeypatch):
        monkeypatch.setattr(wire, "IDLE_SECONDS", 0.01)

        async def every() -> None:
            server = web.Server(answering(ACCEPTED))
            listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
            engine = CloudEngine()
            await one(engine, replace(LINE, base_url=f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"))
            async with asyncio.timeout(5):
                while server.connections:
                    await asyncio.sleep(0)
            listening.close()

        asyncio.run(every())

    def test_an_answer_in_pieces_is_read(self):
        async def piecemeal(request: web.BaseRequest) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            for at in range(0, len(ACCEPTED), 10):
                await answer.write(ACCEPTED[at:at + 10])
            return answer

        assert [type(result) for result in against(piecemeal, times=2)] == [port.Receipt] * 2
